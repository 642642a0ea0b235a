export { type Admission, admissionChain } from './chain.ts'
export { namespaceLifecycle } from './namespace-lifecycle.ts'
export type { AdmissionPlugin, AdmissionReads, Attributes, Operation } from './plugin.ts'
