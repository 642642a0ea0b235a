export { type Admission, admissionChain } from './chain.ts'
export type { AdmissionPlugin, AdmissionWorld, Attributes, Operation } from './plugin.ts'
export { admissionPlugins } from './plugins.ts'
