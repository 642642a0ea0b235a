export { type DownwardFacts, fieldValue, resourceValue } from './downward.ts'
export { type EnvironmentRequest, hostnameOf, type ReadObject, resolveEnvironment } from './environment.ts'
export { expand, expandAll } from './expansion.ts'
export { serviceVariables } from './service-variables.ts'
