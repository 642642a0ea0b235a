import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../../test/support/executable.ts'
import { silentLog } from '../base/index.ts'
import { managerOptions } from './server.ts'
import { timeZoneOf } from './zone.ts'

const zones: readonly {
  readonly name: string
  readonly flag?: string
  readonly environment?: string
  /** What `/etc/localtime` links to. */
  readonly localtime?: string
  /** What `/etc/timezone` holds. */
  readonly timezone?: string
  readonly zone?: string
  readonly error?: RegExp
}[] = [
  { name: 'neither flag nor TZ nor a zone of the machine: UTC', zone: 'UTC' },
  { name: '/etc/localtime where TZ is not set', localtime: '/usr/share/zoneinfo/Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'a relative link', localtime: '../usr/share/zoneinfo/posix/Europe/Paris', zone: 'Europe/Paris' },
  { name: '/etc/timezone where /etc/localtime is no link', timezone: 'Asia/Kolkata\n', zone: 'Asia/Kolkata' },
  { name: '/etc/timezone where the link tells no zone', localtime: '/x', timezone: 'Asia/Seoul', zone: 'Asia/Seoul' },
  { name: 'a machine whose zone is not known', localtime: '/x', timezone: 'Mars/Base', zone: 'UTC' },
  { name: 'a machine in UTC', localtime: '/usr/share/zoneinfo/Etc/UTC', zone: 'UTC' },
  { name: 'TZ before the machine', environment: 'Asia/Tokyo', timezone: 'Asia/Seoul', zone: 'Asia/Tokyo' },
  { name: 'TZ alone counts', environment: 'Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'TZ with a colon before it is the same zone', environment: ':Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'TZ as a path', environment: ':/usr/share/zoneinfo/Asia/Tokyo', zone: 'Asia/Tokyo' },
  { name: 'an empty TZ is UTC, as in Go', environment: '', timezone: 'Asia/Seoul', zone: 'UTC' },
  { name: 'the flag goes before TZ', flag: 'Europe/Paris', environment: 'Asia/Tokyo', zone: 'Europe/Paris' },
  { name: 'a flag that is no zone is refused', flag: 'Mars/Base', error: /^--time-zone takes an IANA time zone/ },
  { name: 'a TZ that is no IANA name is refused', environment: 'JST-9', error: /^the environment variable TZ takes/ },
]
for (const { name, flag, environment, localtime, timezone, zone, error } of zones) {
  test(name, () => {
    const { path, dispose } = temporaryDirectory()
    if (localtime !== undefined) symlinkSync(localtime, join(path, 'localtime'))
    if (timezone !== undefined) writeFileSync(join(path, 'timezone'), timezone)
    const found = timeZoneOf(flag, environment, path)
    dispose()
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
