import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../base/index.ts'
import { managerOptions } from './server.ts'
import { timeZoneOf } from './zone.ts'

const zones: readonly {
  readonly name: string
  readonly flag?: string
  readonly environment?: string
  readonly zone?: string
  readonly error?: RegExp
}[] = [
  { name: 'neither flag nor TZ: UTC', zone: 'UTC' },
  { name: 'TZ alone counts', environment: 'Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'TZ with a colon before it is the same zone', environment: ':Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'an empty TZ is UTC', environment: '', zone: 'UTC' },
  { name: 'the flag goes before TZ', flag: 'Europe/Paris', environment: 'Asia/Tokyo', zone: 'Europe/Paris' },
  { name: 'a flag that is no zone is refused', flag: 'Mars/Base', error: /^--time-zone takes an IANA time zone/ },
  { name: 'a TZ that is no IANA name is refused', environment: 'JST-9', error: /^the environment variable TZ takes/ },
]
for (const { name, flag, environment, zone, error } of zones) {
  test(name, () => {
    const found = timeZoneOf(flag, environment)
    if (error === undefined) assert.deepEqual(found, { ok: true, value: zone })
    else assert.match(found.ok ? '' : found.error, error)
  })
}

const given = {
  directory: '',
  store: 'memory' as const,
  runtime: 'none' as const,
  exact: false,
  disabledAdmission: [],
  log: silentLog,
}

test('--too-many-missed reaches the CronJob controller both ways, and is left to --exact when not given', () => {
  assert.equal(managerOptions({ ...given, tooManyMissed: 'skip' }).cronJob?.tooManyMissed, 'start-none')
  assert.equal(managerOptions({ ...given, tooManyMissed: 'start-latest' }).cronJob?.tooManyMissed, 'start-latest')
  assert.equal('tooManyMissed' in (managerOptions(given).cronJob ?? {}), false)
})

test('the zone of the server reaches the CronJob controller; UTC without one', () => {
  assert.equal(managerOptions({ ...given, timeZone: 'Asia/Tokyo' }).cronJob?.localZone?.name, 'Asia/Tokyo')
  assert.equal(managerOptions(given).cronJob?.localZone?.name, 'UTC')
})
