/** The proleptic Gregorian calendar in whole numbers; nothing here knows time zones. Days count from 1970-01-01. */

export type CivilDate = { readonly year: number; readonly month: number; readonly day: number }

export const daySeconds = 86_400

/** Days of the eras of 400 years, and where the calendar of March-first years starts. */
const eraDays = 146_097
const epochShift = 719_468

/** The day number of a date; month and day may lie outside their ranges and carry over, as Go's `time.Date` has it. */
export function dayNumber(year: number, month: number, day: number): number {
  const carried = Math.floor((month - 1) / 12)
  const inYear = month - carried * 12
  const shifted = year + carried - (inYear <= 2 ? 1 : 0)
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (inYear + (inYear > 2 ? -3 : 9)) + 2) / 5)
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * eraDays + dayOfEra - epochShift + day - 1
}

export function civilDate(days: number): CivilDate {
  const shifted = days + epochShift
  const era = Math.floor(shifted / eraDays)
  const dayOfEra = shifted - era * eraDays
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** 0 is Sunday. */
export const weekday = (days: number): number => (((days + 4) % 7) + 7) % 7
