export { below, type Clock, pause, type Random } from './clock.ts'
export { dictionary, ownValue } from './dictionary.ts'
export { isFileTrouble, reasonOf } from './file-trouble.ts'
export { createHeap, type Heap } from './heap.ts'
export { type Log, type LogFields, silentLog } from './log.ts'
export { fail, ok, type Result } from './result.ts'
export { joined } from './text.ts'
export { formatMicroTime, formatTime, parseTime } from './time.ts'
export { createTimers, type Timers } from './timers.ts'
export {
  after,
  between,
  type Instant,
  instant,
  later,
  type Millis,
  type Monotonic,
  millis,
  type Revision,
  revision,
  type Seconds,
  seconds,
  toMillis,
  type Unit,
} from './units.ts'
export { assert, unreachable } from './unreachable.ts'
