export { formatInZone } from './local-time.ts'
export { nextTime } from './next.ts'
export { parseSchedule, type Schedule, zoneProblem } from './schedule.ts'
export { isTimeZone, type TimeZone, timeZone, utc } from './zone.ts'
