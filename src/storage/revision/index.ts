export { type Followers, newFollowers } from './followers.ts'
export {
  changeOf,
  decide,
  type Keyspace,
  keyOf,
  newKeyspace,
  takeBack,
  type Write,
  type WriteRequest,
} from './keyspace.ts'
export type {
  Change,
  Entry,
  Listing,
  ListOptions,
  Observer,
  Store,
  StoreError,
  Version,
  Watch,
} from './store.ts'
