export { below, type Clock, type Random } from './clock.ts'
export { type Log, type LogFields, silentLog } from './log.ts'
export { fail, ok, type Result } from './result.ts'
export { formatMicroTime, formatTime, parseTime } from './time.ts'
export {
  after,
  between,
  type Instant,
  instant,
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
