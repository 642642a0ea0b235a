export { type MemoryVolumes, openMemoryVolumes, podsWithMemory, unmountBelow } from './memory-volumes.ts'
