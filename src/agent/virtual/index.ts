export { createVirtualRuntime, type VirtualRun, type VirtualRuntime } from './virtual-runtime.ts'
