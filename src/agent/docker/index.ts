export { createDockerRuntime, type DockerRuntime } from './docker-runtime.ts'
export { socketPathOf } from './socket-path.ts'
export type { DockerRuntimeOptions } from './state.ts'
