export { type HostAbilities, hostAbilities } from './abilities.ts'
export { createProcessRuntime } from './process-runtime.ts'
export { claimDirectory, isAbandoned, removeAbandoned, scratchDirectory } from './scratch.ts'
export type { ProcessRuntimeOptions } from './state.ts'
