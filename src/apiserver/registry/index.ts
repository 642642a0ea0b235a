export type {
  Api,
  ApiWatch,
  ApiWatchEvent,
  ApiWatchObserver,
  CreateHandler,
  Deleted,
  Listing,
  ListQuery,
  PatchBody,
  RequestBody,
  RequestContext,
  Target,
  User,
  Written,
} from './api.ts'
export { type ApiConfig, createApi, type RunningApi } from './create-api.ts'
