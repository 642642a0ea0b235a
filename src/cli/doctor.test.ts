import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../base/index.ts'
import { diagnose, exitCodeOfFindings, formatFindings, type HostFacts } from './doctor.ts'

const now = instant(Date.UTC(2026, 0, 1))
const day = 24 * 3_600_000
const fine: HostFacts = {
  now,
  nodeVersion: '26.10.0',
  oldestNode: 24,
  dataDirectory: {
    path: '/data',
    exists: true,
    mode: 0o700,
    problem: undefined,
    freeBytes: 2 ** 40,
    holder: undefined,
    database: undefined,
    newestWrite: instant(now - 1000),
  },
  listen: { address: '127.0.0.1:6443', problem: undefined },
  controllers: ['memory', 'cpu', 'pids'],
  limitsOfServer: undefined,
  namespacesMissing: undefined,
  missingPrograms: [],
  zone: { controller: 'UTC', machine: 'UTC' },
  tzdata: '2026c',
  kubectl: { path: '/bin/kubectl', version: '1.36.1' },
  served: '1.36.3+jobd',
  docker: { socket: '/run/docker.sock', problem: undefined },
  certificates: [{ file: '/data/pki/ca.crt', until: instant(now + 365 * day) }],
}
const data = (more: Partial<HostFacts['dataDirectory']>): Partial<HostFacts> => ({
  dataDirectory: { ...fine.dataDirectory, ...more },
})
const database = (kind: string): Partial<HostFacts> => data({ database: { kind, message: 'not this one' } })
const holder = { pid: 7, url: 'https://127.0.0.1:6443' }

const cases: readonly (readonly [string, Partial<HostFacts>, string, 'ok' | 'warn' | 'fail', RegExp])[] = [
  ['an old Node', { nodeVersion: '20.1.0' }, 'node', 'fail', /install Node\.js 24 or newer/],
  ['a data directory that others can read', data({ mode: 0o755 }), 'data directory', 'warn', /0755.*chmod 700 \/data/],
  ['one of somebody else', data({ problem: 'permission denied' }), 'data directory', 'fail', /permission denied/],
  ['one that is not there yet', data({ exists: false }), 'data directory', 'ok', /can be made/],
  ['little space', data({ freeBytes: 500 << 20 }), 'disk', 'warn', /500 MiB free.*free some space/],
  ['no space', data({ freeBytes: 1 << 20 }), 'disk', 'fail', /free some space/],
  ['a damaged database', database('Damaged'), 'database', 'fail', /not this one.*jobd restore --force/],
  ['a database of a newer jobd', database('Newer'), 'database', 'fail', /install the jobd that wrote it/],
  ['a database that another process has', database('Locked'), 'database', 'fail', /end the process/],
  ['a server that runs', data({ holder }), 'server', 'ok', /process 7 serves at https/],
  ['a port that is taken', { listen: { address: 'x:1', problem: 'it is in use' } }, 'port', 'fail', /--listen/],
  [
    'a port that our server has',
    { ...data({ holder }), listen: { address: '127.0.0.1:6443', problem: 'it is in use' } },
    'port',
    'ok',
    /this server's/,
  ],
  ['no control groups', { controllers: ['cpu'] }, 'control groups', 'warn', /memory, pids are not enforced.*Delegate/],
  ['no control groups at all', { controllers: [] }, 'control groups', 'warn', /looked at each second.*Delegate/],
  [
    'a server with more rights than ours',
    { controllers: [], limitsOfServer: { areEnforced: true, message: 'cpu: enforced' } },
    'control groups',
    'ok',
    /says the server: cpu: enforced/,
  ],
  [
    'a server with less rights than ours',
    { limitsOfServer: { areEnforced: false, message: 'cpu: not enforced' } },
    'control groups',
    'warn',
    /cpu: not enforced.*Delegate/,
  ],
  ['no namespaces', { namespacesMissing: 'not permitted' }, 'namespaces', 'warn', /not permitted.*util-linux/],
  ['a program that is missing', { missingPrograms: ['nsenter'] }, 'programs', 'warn', /nsenter/],
  ['a clock that went back', data({ newestWrite: instant(now + day) }), 'clock', 'fail', /went back.*NTP/],
  [
    'a wrong TZ',
    { zone: { controller: undefined, problem: 'no zone', machine: 'UTC' } },
    'time zone',
    'fail',
    /no zone/,
  ],
  [
    'schedules in another zone than the machine',
    { zone: { controller: 'UTC', machine: 'Asia/Tokyo' } },
    'time zone',
    'ok',
    /follow UTC.*--time-zone Asia\/Tokyo/,
  ],
  ['no kubectl', { kubectl: undefined }, 'kubectl', 'ok', /jobd get, describe.*install kubectl 1\.36/],
  ['kubectl one minor version back', { kubectl: { path: 'k', version: '1.35.9' } }, 'kubectl', 'ok', /1\.35\.9/],
  ['kubectl two minor versions ahead', { kubectl: { path: 'k', version: '1.38.0' } }, 'kubectl', 'warn', /apart/],
  ['kubectl that says nothing', { kubectl: { path: 'k', version: undefined } }, 'kubectl', 'warn', /does not tell/],
  ['no Docker', { docker: { socket: '/s', problem: 'no file' } }, 'docker', 'ok', /only --runtime docker/],
  ...(
    [
      ['a certificate that is about to end', now + 3 * day, 'warn', /holds until 2026-01-04.*restart jobd/],
      ['one that has ended', now - day, 'fail', /restart jobd/],
      ['one that cannot be read', undefined, 'warn', /cannot be read/],
    ] as const
  ).map(
    ([name, until, level, text]) =>
      [
        name,
        { certificates: [{ file: 'c', until: until === undefined ? undefined : instant(until) }] },
        'certificate',
        level,
        text,
      ] as const,
  ),
]

test('where all is well nothing is to be done', () => {
  const findings = diagnose(fine)
  assert.deepEqual(
    findings.filter(({ level, remedy }) => level !== 'ok' || remedy !== undefined),
    [],
  )
  assert.equal(exitCodeOfFindings(findings), 0)
})

for (const [name, facts, check, level, text] of cases) {
  test(`${name}: ${level}`, () => {
    const findings = diagnose({ ...fine, ...facts })
    const found = findings.find((finding) => finding.check === check)
    assert.equal(found?.level, level)
    assert.match(`${found?.found} ${found?.remedy}`, text)
    assert.equal(exitCodeOfFindings(findings), level === 'fail' ? 1 : 0)
    assert.equal(findings.filter((one) => one.level !== 'ok').length, level === 'ok' ? 0 : 1, 'nothing else is told')
    if (found?.remedy !== undefined) assert.ok(formatFindings(findings).includes(`→ ${found.remedy}\n`))
  })
}
