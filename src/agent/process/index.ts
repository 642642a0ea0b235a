export { createProcessRuntime } from './process-runtime.ts'
export { scratchDirectory } from './scratch.ts'
export type { ProcessRuntimeOptions } from './state.ts'
