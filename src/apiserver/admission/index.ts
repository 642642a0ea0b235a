export { type Admission, admissionChain } from './chain.ts'
export { knowsAdmissionPlugin } from './names.ts'
export type { AdmissionPlugin, AdmissionWorld, Attributes, Operation } from './plugin.ts'
export { admissionPlugins } from './plugins.ts'
