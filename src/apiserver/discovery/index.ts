export { aggregatedContentType, aggregatedDiscovery } from './aggregated.ts'
export { type GroupKinds, groupKinds, proxyKinds, storageVersionHash, type VersionKinds } from './groups.ts'
export { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts'
export { type Build, etagOf, hashOf, kubernetesVersion, rootPaths, versionInfo } from './server.ts'
