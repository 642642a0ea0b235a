import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../base/index.ts'
import { type Certificates, ensureCertificates } from './certificates.ts'
import { keepCertificates } from './renewal.ts'

it('a server that runs for a year gets new certificates from the same authority', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jobd-renewal-'))
  const clock = virtualClock()
  const current = ensureCertificates({ dataDir, hosts: [], now: clock.now() })
  const renewed: Certificates[] = []
  const stop = keepCertificates({
    dataDir,
    hosts: [],
    clock,
    log: silentLog,
    current,
    onRenewed: (made) => renewed.push(made),
  })
  clock.advance(340 * 24 * 3_600_000)
  assert.equal(renewed.length, 1)
  assert.equal(renewed[0]?.ca, current.ca)
  assert.notEqual(renewed[0]?.server.cert, current.server.cert)
  stop()
  assert.equal(clock.waiting(), 0)
  rmSync(dataDir, { recursive: true })
})
