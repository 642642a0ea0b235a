export type {
  Client,
  DeleteRequest,
  ListRequest,
  ObjectList,
  PatchType,
  Ref,
  ResourceName,
  Selection,
  WatchEvent,
  WatchHandle,
  WatchObserver,
  WatchRequest,
  WriteOptions,
} from './client.ts'
export type { InputEnd, InputRequest, InputSession } from './rest/input.ts'
export { type Access, type KubeconfigOptions, loadKubeconfig } from './rest/kubeconfig.ts'
export {
  createRestClient,
  type JobLogRequest,
  type LogRequest,
  type RestClient,
  type Table,
} from './rest/rest-client.ts'
export type { RestConfig, RestResponse } from './rest/transport.ts'
