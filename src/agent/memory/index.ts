export { type MemoryVolumes, openMemoryVolumes, unmountBelow } from './memory-volumes.ts'
