export { type ApplyOptions, applyManifest, placed } from './apply.ts'
export type { Connection, LogRequest, Table, Terminal } from './connection.ts'
export { addCronJob } from './cron/add.ts'
export { crontabYaml, type ImportOptions, importCrontab } from './cron/crontab.ts'
export { explainSchedule, explanationText } from './cron/explain.ts'
export { cronJobManifest, literal } from './cron/manifest.ts'
export { answerLine, nextTimes } from './cron/next.ts'
export { describeObjects } from './describe.ts'
export { diagnose, exitCodeOfFindings, type Finding, formatFindings, type HostFacts } from './doctor.ts'
export { printHistory } from './history.ts'
export { rerunJob } from './jobs/rerun.ts'
export { parseEnv, triggerCronJob } from './jobs/trigger.ts'
export { waitForJobs } from './jobs/wait.ts'
export { printLogs } from './logs.ts'
export { type Manifest, parseManifests, readManifests } from './manifests.ts'
export { deleteObjects, getObjects, type Named, parseNames } from './objects.ts'
export { type OutputFormat, outputFormats, statusText } from './printing.ts'
export { findKind, resourceNameOf } from './resources.ts'
export { watchToEnd } from './run/end.ts'
export type { Input } from './run/feed.ts'
export { type RunContext, runManifests } from './run/run.ts'
export { type ServiceRequest, unitMark, unitText } from './service-unit.ts'
export {
  formatTimeline,
  mergeSpans,
  parseSpan,
  type SimulateRequest,
  type Simulation,
  simulateManifests,
  timelineJson,
} from './simulate.ts'
export { timelineSvg } from './timeline-svg.ts'
export { warnsOn } from './warnings.ts'
export { type DirectoryWatch, directoryLabel, type WatchOptions, watchDirectory } from './watch-directory.ts'
