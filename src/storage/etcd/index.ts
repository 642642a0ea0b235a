export type { EtcdTls } from './connection.ts'
export { openEtcdStore } from './etcd-store.ts'
export { type EtcdTarget, parseEtcdTarget } from './target.ts'
