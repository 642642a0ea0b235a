export { giveToGroup } from './ownership.ts'
export type { PayloadSource, Token } from './payload.ts'
export {
  mountsOf,
  type Prepared,
  prepareVolume,
  removeVolumes,
  removeVolumesExcept,
  type VolumeFailure,
  type VolumeRoots,
} from './volumes.ts'
