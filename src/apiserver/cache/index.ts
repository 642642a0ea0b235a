export { type Cache, type CacheOptions, openCache, type StoredResource, type WriteUnderWay } from './cache.ts'
export { newRecent, type Recent } from './recent.ts'
export {
  type CachedChange,
  type CachedEvent,
  eventsSince,
  type ResourceCache,
  type Selection,
  select,
  selectAt,
  undone,
  type Watcher,
} from './resource-cache.ts'
export type { KeyedObject } from './sorted-entries.ts'
export { metadataAt, objectAt, servedText } from './text.ts'
