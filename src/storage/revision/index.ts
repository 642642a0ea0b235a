export type { Change, Entry, Listing, ListOptions, Observer, Store, StoreError, Watch } from './store.ts'
