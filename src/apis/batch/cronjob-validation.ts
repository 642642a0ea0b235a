/**
 * What is wrong with a CronJob, new or updated.
 *
 * @source kubernetes v1.36 pkg/apis/batch/validation/validation.go, ValidateCronJobCreate, ValidateCronJobUpdate
 */
import { child, type FieldError, invalid, notSupported, required } from '../../apimachinery/index.ts'
import { parseSchedule, zoneProblem } from '../../cron/index.ts'
import { type PodValidationOptions, podTemplateValidationOptions } from '../core/index.ts'
import { byteLength, validateCoreObjectMetaUpdate, validateNonnegative } from '../meta/index.ts'
import type { WriteContext } from '../strategy.ts'
import { validateSpecWithoutSelector } from './job-validation.ts'
import type { CronJob, CronJobSpec, JobTemplateSpec } from './types.gen.ts'

/** The name of a Job is that of its CronJob with a dash and up to ten digits, and a label holds 63. */
const maxNameBytes = 52

const policies = ['Allow', 'Forbid', 'Replace']

type IsTimeZone = WriteContext['options']['isTimeZone']

/** What is wrong with a new CronJob, besides its metadata. */
export function validateCronJobCreate({ metadata, spec }: CronJob, { options }: WriteContext): readonly FieldError[] {
  const { name = '' } = metadata
  return [
    ...validateSpec(spec, undefined, options.isTimeZone),
    ...(byteLength(name) > maxNameBytes
      ? [invalid('metadata.name', name, `must be no more than ${maxNameBytes} characters`)]
      : []),
  ]
}

/** Names that are too long may stay: such objects are older than the rule. */
export const validateCronJobUpdate = (
  { metadata, spec }: CronJob,
  old: CronJob,
  { options }: WriteContext,
): readonly FieldError[] => [
  ...validateCoreObjectMetaUpdate(metadata, old.metadata),
  ...(spec === old.spec ? [] : validateSpec(spec, old.spec, options.isTimeZone)),
]

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined, isTimeZone: IsTimeZone): readonly FieldError[] {
  const errors: FieldError[] = []
  if (spec.schedule === '') errors.push(required('spec.schedule'))
  else errors.push(...validateSchedule(spec, old?.schedule.includes('TZ') === true))
  const count = (name: 'startingDeadlineSeconds' | 'successfulJobsHistoryLimit' | 'failedJobsHistoryLimit'): void => {
    errors.push(...validateNonnegative(spec[name] ?? 0, child('spec', name)))
  }
  count('startingDeadlineSeconds')
  // A zone that has vanished from the data may stay.
  const zoneIsNew = old === undefined || old.timeZone !== spec.timeZone
  if (zoneIsNew && spec.timeZone !== undefined) {
    errors.push(...validateTimeZone(spec.timeZone, 'spec.timeZone', isTimeZone))
  }
  errors.push(...validateConcurrencyPolicy(spec.concurrencyPolicy ?? '', 'spec.concurrencyPolicy'))
  const options = podTemplateValidationOptions(old?.jobTemplate.spec.template)
  errors.push(...validateJobTemplate(spec.jobTemplate, 'spec.jobTemplate', options))
  count('successfulJobsHistoryLimit')
  count('failedJobsHistoryLimit')
  return errors
}

/** Zones in the schedule itself are not taken any more, except where they were before. */
function validateSchedule({ schedule, timeZone }: CronJobSpec, mayHaveZone: boolean): readonly FieldError[] {
  const path = 'spec.schedule'
  const parsed = parseSchedule(schedule)
  const errors: FieldError[] = parsed.ok ? [] : [invalid(path, schedule, parsed.error)]
  if (!schedule.includes('TZ')) return errors
  if (!mayHaveZone) {
    const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
    errors.push(invalid(path, schedule, text))
  } else if (timeZone !== undefined) {
    errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return errors
}

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/

function validateTimeZone(name: string, path: string, isTimeZone: IsTimeZone): readonly FieldError[] {
  if (name === '') return [invalid(path, name, 'timeZone must be nil or non-empty string')]
  const wellFormed = name
    .split('/')
    .every((part) => part !== '.' && part !== '..' && !part.startsWith('-') && zonePart.test(part))
  if (!wellFormed) return [invalid(path, name, `unknown time zone ${name}`)]
  const errors: FieldError[] = []
  if (name.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    errors.push(invalid(path, name, text))
  }
  if (name !== 'Local' && !isTimeZone(name)) errors.push(invalid(path, name, zoneProblem(name)))
  return errors
}

function validateConcurrencyPolicy(policy: string, path: string): readonly FieldError[] {
  if (policy === '') return [required(path)]
  return policies.includes(policy) ? [] : [notSupported(path, policy, policies)]
}

function validateJobTemplate(
  { spec }: JobTemplateSpec,
  path: string,
  options: PodValidationOptions,
): readonly FieldError[] {
  const errors: FieldError[] = [...validateSpecWithoutSelector(spec, child(path, 'spec'), options)]
  if (spec.selector !== undefined) {
    errors.push(invalid(child(path, 'spec', 'selector'), spec.selector, '`selector` will be auto-generated'))
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(child(path, 'spec', 'manualSelector'), true, ['nil', 'false']))
  }
  return errors
}
