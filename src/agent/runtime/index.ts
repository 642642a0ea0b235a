export type {
  ContainerConfig,
  ContainerKey,
  ContainerState,
  Exit,
  Mount,
  Observed,
  Runtime,
  StartFailure,
} from './runtime.ts'
