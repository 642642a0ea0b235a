/** `import { startTestCluster } from 'jobd/testing'`: a cluster whose time and pods a test decides on; see docs/library.md. */
export type { ContainerConfig } from '../agent/runtime/index.ts'
export type { Pod } from '../apis/core/index.ts'
export { JobdError, type Manifests, type Place, type Program, unwrap } from './program.ts'
export type { Course, Run } from './testing/course.ts'
export {
  type RunningPods,
  startTestCluster,
  type TestClock,
  type TestCluster,
  type TestClusterOptions,
} from './testing/test-cluster.ts'
export type { EndOptions, TestPod } from './testing/test-pods.ts'
