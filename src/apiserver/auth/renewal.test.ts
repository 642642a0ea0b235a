import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../base/index.ts'
import { type Certificates, ensureCertificates } from './certificates.ts'
import { keepCertificates } from './renewal.ts'

it('a server that runs for a year gets new certificates from the same authority', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jobd-renewal-'))
  const clock = virtualClock()
  const current = await ensureCertificates({ dataDir, hosts: [], now: clock.now() })
  const renewed = Promise.withResolvers<Certificates>()
  const stop = keepCertificates({ dataDir, hosts: [], clock, log: silentLog, current, onRenewed: renewed.resolve })
  clock.advance(340 * 24 * 3_600_000)
  // The first look found them good; the next one comes half a day later.
  while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(12 * 3_600_000)
  const { ca, server } = await renewed.promise
  assert.equal(ca, current.ca)
  assert.notEqual(server.cert, current.server.cert)
  while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve))
  stop()
  assert.equal(clock.waiting(), 0)
  rmSync(dataDir, { recursive: true })
})
