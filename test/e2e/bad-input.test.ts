/** What goes wrong outside of jobd is told in one sentence with the right exit code, and loses nothing. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { type Requests, requestsTo } from '../support/requests.ts'

/** Runs jobd and looks that it ends with this code and one sentence, which matches. */
async function refused(code: number, sentence: RegExp, args: readonly string[], by = jobd): Promise<void> {
  const [file = jobd, ...first] = by.split(' ')
  const ended = await runProgram(file, [...first, ...args])
  assert.deepEqual([ended.code, ended.out], [code, ''], ended.err)
  assert.match(ended.err, sentence)
  assert.doesNotMatch(ended.err, /\n\s+at |internal error|undefined|\[object/)
  const lines = ended.err.trimEnd().split('\n')
  assert.ok(lines.length === 1 || (lines.length === 2 && lines[1] === "(see 'jobd help')"), ended.err)
}

const asNobody = `setpriv --reuid=65534 --regid=65534 --clear-groups ${jobd}`
const isRoot = process.getuid?.() === 0
const configMap = (name: string, size = 10): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text: 'x'.repeat(size) },
})
const maps = '/api/v1/namespaces/default/configmaps'
const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n'
const goodJob =
  'apiVersion: batch/v1\nkind: Job\nmetadata: {name: good}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i, command: [touch, MARK]}]}}}\n'

describe('manifests', () => {
  const { path, dispose } = temporaryDirectory()
  after(dispose)
  const mark = join(path, 'mark')
  const cases: readonly [name: string, text: string | Uint8Array, code: number, sentence: RegExp][] = [
    ['YAML that ends too early', 'kind: Job\nmetadata: {name: a\n', 2, /^\S+\.yaml is not valid YAML: .*line 3/],
    ['a tab for indentation', 'kind: Job\nmetadata:\n\tname: a\n', 2, /is not valid YAML: .*line/],
    ['a key that is there twice', 'kind: Job\nkind: Job\n', 2, /is not valid YAML: line 2: key "kind" already set/],
    ['JSON that ends too early', '{"kind":"Job","metadata":', 2, /is not valid YAML/],
    ['words', 'just words\n', 2, /is not a manifest: it needs apiVersion, kind and metadata/],
    ['bytes', new Uint8Array([0xff, 0xfe, 0, 1, 2]), 2, /is not (a manifest|valid YAML)/],
    ['nothing', '', 2, /have no Job to wait for/],
    ['an unknown kind', 'apiVersion: batch/v1\nkind: Rocket\nmetadata: {name: a}\n', 2, /unknown kind Rocket/],
    [
      'an unknown version',
      'apiVersion: batch/v2\nkind: Job\nmetadata: {name: a}\n',
      2,
      /unknown apiVersion batch\/v2 .*use batch\/v1/,
    ],
    ['no kind', 'apiVersion: batch/v1\nmetadata: {name: a}\n', 2, /has no kind/],
    ['no name', 'apiVersion: batch/v1\nkind: Job\nspec: {}\n', 2, /has no metadata\.name/],
    ['brackets in brackets', `kind: Job\nx: ${'['.repeat(50_000)}`, 2, /exceeded max depth/],
    ['a number for a version', 'apiVersion: 1\nkind: Job\nmetadata: {name: a}\n', 2, /has no apiVersion/],
    ['a list for a name', 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: [a]}\n', 2, /has no metadata\.name/],
    ['aliases that grow without end', bomb(), 2, /alias/i],
    [
      'one bad document behind a good one',
      `${goodJob.replace('MARK', mark)}---\n${good}---\nkind: Job\n`,
      2,
      /, document 3, has no apiVersion/,
    ],
    [
      'a Job that the server refuses',
      goodJob.replace('Never', 'Always'),
      1,
      /job\.batch\/good was refused: .*restartPolicy/,
    ],
    ['a field that does not exist', goodJob.replace('spec:', 'spcc: {}\nspec:'), 1, /spcc/],
    [
      'a word for a number in a Job that the server names',
      goodJob.replace('name: good', 'generateName: good-').replace('spec: {', 'spec: {backoffLimit: two, '),
      1,
      /job\.batch\/good- was refused: .*cannot unmarshal string .*backoffLimit/,
    ],
  ]
  for (const [name, text, code, sentence] of cases) {
    test(name, async () => {
      const file = join(path, `${name.replaceAll(' ', '-')}.yaml`)
      writeFileSync(file, text)
      await refused(code, sentence, ['run', file])
      assert.equal(statSync(mark, { throwIfNoEntry: false }), undefined, 'nothing was started')
    })
  }
  test('a file that is not there', () => refused(2, /missing\.yaml does not exist/, ['run', 'missing.yaml']))
  test('a directory', () => refused(2, /is a directory/, ['run', path]))
})

/** A few lines that would become billions. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  return `${lines.join('\n')}\n`
}

describe('wrong use', () => {
  const { path: data, dispose: removeData } = temporaryDirectory()
  let server: Server
  before(async () => {
    server = await startServer(data, '--runtime', 'none')
  })
  after(async () => {
    await server.stop()
    removeData()
  })
  const cases: readonly [name: string, args: readonly string[], code: number, sentence: RegExp][] = [
    ['no command that exists', ['fly'], 2, /unknown command 'fly'/],
    ['a flag that does not exist', ['up', '--fly'], 2, /unknown option '--fly'/],
    ['an address without a port', ['up', '--listen', 'localhost'], 2, /--listen takes HOST:PORT/],
    ['a port that is none', ['up', '--listen', '127.0.0.1:70000'], 2, /--listen takes HOST:PORT/],
    ['a runtime that does not exist', ['up', '--runtime', 'rocket'], 2, /'rocket' is invalid/],
    ['a resource without a domain', ['up', '--resource', 'gpu=2'], 2, /--resource takes NAME=COUNT/],
    ['half a GPU', ['up', '--resource', 'nvidia.com/gpu=0.5'], 2, /--resource takes NAME=COUNT/],
    ['a store that does not exist', ['up', '--store', 'shoebox'], 2, /--store takes/],
    ['Events of half a minute', ['up', '--event-ttl', '30s'], 2, /--event-ttl takes a duration of at least 1m/],
    ['Events of no known time', ['up', '--event-ttl', 'long'], 2, /--event-ttl takes .*, not long/],
    ['a plugin that does not exist', ['up', '--disable-admission-plugins', 'Rocket'], 2, /not Rocket/],
    ['nothing to run', ['run'], 2, /say what to run/],
    ['nothing to run behind --', ['run', '--'], 2, /say what to run/],
    ['a command without --', ['run', 'no-such-program', 'x'], 2, /no-such-program does not exist: .* behind '--'/],
    ['a flag that does not exist behind a file', ['run', 'examples/pi.yaml', '--fly'], 2, /unknown option '--fly'/],
    ['a file and a command', ['run', 'examples/pi.yaml', '--', 'true'], 2, /or a command behind '--', not both/],
    ['a name for the Job of a manifest', ['run', '--name', 'a', 'a.yaml'], 2, /--name goes with a command/],
    ['a schedule of too few fields', ['cron', 'next', '* *'], 2, /expected exactly 5 fields/],
    ['a zone on Mars', ['cron', 'next', '* * * * *', '--time-zone', 'Mars/Base'], 2, /unknown time zone Mars\/Base/],
    [
      'a name and all namespaces',
      ['get', 'pods', 'a', '-A', '--data-dir', data],
      2,
      /^-A is for objects without names/,
    ],
    ['a name and labels', ['get', 'pods', 'a', '-l', 'a=b', '--data-dir', data], 2, /^-l is for objects without names/],
    ['too many words for a log', ['logs', 'pod/a/b', '--data-dir', data], 2, /^"pod\/a\/b" has no logs/],
    [
      'more lines than there are',
      ['logs', 'a', '--tail', '99999999999999999999'],
      2,
      /^--tail takes a number of lines/,
    ],
    ['a directory for a crontab', ['cron', 'import', '.'], 2, /^\. cannot be read: it is a directory$/m],
    ['an empty schedule', ['cron', 'next', ''], 2, /^say which schedule/],
    ['an empty command on a schedule', ['cron', 'add', 'a', '* * * * *', '--', ''], 2, /empty word: name a program/],
    [
      'an empty name on a schedule',
      ['cron', 'add', '', '* * * * *', '--', 'true'],
      2,
      /^the name of the CronJob is empty/,
    ],
    ['an empty command', ['run', '--', ''], 2, /^the first word is empty: name .* a program/],
    [
      'more processes than Linux can count',
      ['up', '--pod-pids-limit', '1e30'],
      2,
      /--pod-pids-limit takes .* to 4194304/,
    ],
    [
      'an empty file to delete',
      ['delete', '-f', '/dev/null', '--data-dir', data],
      2,
      /^there is nothing to delete in \/dev\/null/,
    ],
    ['no name of a file to delete', ['delete', '-f', '', '--data-dir', data], 2, /^the name of a file is empty/],
    ['no name of a crontab', ['cron', 'import', ''], 2, /^the name of the crontab is empty/],
    [
      'a schedule beside those of standard input',
      ['cron', 'next', '--stdin', 'x'],
      2,
      /^--stdin reads .*: leave out x/,
    ],
    ['an empty name', ['get', 'pods', ''], 2, /^a name of pods is empty/],
    ['an empty name among others to delete', ['delete', 'jobs', 'a', ''], 2, /^a name of jobs is empty/],
    [
      'an empty data directory',
      ['up', '--data-dir', ''],
      2,
      /'--data-dir <dir>' argument '' is invalid. It must not be empty/,
    ],
    ['an empty namespace', ['delete', 'job', 'a', '-n', ''], 2, /'-n, --namespace <name>' argument '' is invalid/],
    ['an empty root', ['service', 'uninstall', '--root='], 2, /'--root <dir>' argument '' is invalid/],
    [
      'a service at no address',
      ['service', 'install', '--listen', 'x', '--dry-run'],
      2,
      /^--listen takes HOST:PORT .*, not x/,
    ],
    [
      'a service where no file can be',
      ['service', 'install', '--root', '/proc/x'],
      1,
      /\/proc\/x\S+ cannot be written: /,
    ],
    ['a resource type that does not exist', ['get', 'rockets'], 2, /rockets/],
  ]
  for (const [name, args, code, sentence] of cases) test(name, () => refused(code, sentence, args))

  test('commands on the directory of somebody else', { skip: isRoot ? false : 'needs root' }, async () => {
    for (const command of [['get', 'jobs'], ['down'], ['env'], ['logs', 'job/a']])
      await refused(
        1,
        /^whether jobd serves from \S+ cannot be seen: permission denied; ask/,
        [...command, '--data-dir', data],
        asNobody,
      )
    await refused(
      1,
      /^the database of \S+ cannot be read: permission denied/,
      ['backup', 'no-such-copy', '--data-dir', data],
      asNobody,
    )
  })
  test('commands on a directory that nobody serves from', async () => {
    const { path, dispose } = temporaryDirectory()
    for (const command of [
      ['get', 'jobs'],
      ['down'],
      ['env'],
      ['compact'],
      ['logs', 'job/a'],
      ['delete', 'job', 'a'],
    ]) {
      await refused(1, /^no jobd serves from /, [...command, '--data-dir', path])
    }
    dispose()
  })
})

describe('no home and no room', () => {
  test('a user whom the machine does not know, without HOME', { skip: isRoot ? false : 'needs root' }, async () => {
    const nobody = 'env -u HOME setpriv --reuid=54321 --regid=54321 --clear-groups'
    await refused(
      1,
      /^cannot make the data directory \/\.local\S*: permission denied; choose .* --data-dir$/m,
      ['up'],
      `${nobody} ${jobd}`,
    )
    const { code, err } = await runProgram('env', [...nobody.split(' ').slice(1), jobd, 'run', '--', 'true'])
    assert.equal(code, 0, err)
  })
  test('a current directory that is gone', async () => {
    const { path, dispose } = temporaryDirectory()
    const line = `mkdir ${path}/gone; cd ${path}/gone; rmdir ${path}/gone; ${jobd} run -- true 2>&1`
    const { code, out } = await runProgram('sh', ['-c', line])
    dispose()
    assert.equal(code, 1)
    // The shell that starts jobd may have its own line about it.
    assert.match(out, /(^|getcwd.*\n)the current directory is gone: go to another\n$/)
  })
  const outputs: readonly (readonly [args: string, full: number, unread: RegExp])[] = [
    ['help', 1, /^(0|141)$/],
    ['version', 1, /^(0|141)$/],
    ["cron next '* * * * *' --count 9999", 1, /^141$/],
    ['run -- seq 300000', 1, /^0$/],
    ['run -- sh -c "seq 300000; exit 3"', 3, /^3$/],
  ]
  for (const [args, full, unread] of outputs) {
    test(`jobd ${args} whose output has no room, or no reader`, async () => {
      const onFull = await runProgram('sh', ['-c', `${jobd} ${args} >/dev/full`])
      assert.equal(onFull.code, full, onFull.err)
      assert.match(onFull.err, /^the output cannot be written: the disk is full$/m)
      const piped = await runProgram('sh', ['-c', `{ { ${jobd} ${args}; echo $? >&3; } | head -n 1 >/dev/null; } 3>&1`])
      assert.match(piped.out.trim(), unread, piped.err)
      assert.doesNotMatch(onFull.err + piped.err, /\n\s+at |cannot be written: .*EPIPE/)
    })
  }
  test('a temporary directory that is not there', async () => {
    const env = { TMPDIR: '/no/such/directory' }
    const { code, err } = await runProgram(jobd, ['run', '--', 'true'], { env })
    assert.equal(code, 1)
    assert.match(err, /^cannot make a directory in \/no\/such\/directory: there is no such .*; set TMPDIR to .*\n$/)
  })
})

describe('directories, ports and files', () => {
  const { path, dispose } = temporaryDirectory()
  const taken = join(path, 'taken')
  let server: Server
  before(async () => {
    server = await startServer(taken, '--runtime', 'none')
  })
  after(async () => {
    await server.stop()
    dispose()
  })
  const up = (...args: readonly string[]): readonly string[] => ['up', '--listen', '127.0.0.1:0', ...args]

  test('a directory that another server holds: named with its process and address', async () => {
    const sentence = new RegExp(`^${taken} is in use by process ${server.pid} at ${server.url}: `)
    await refused(1, sentence, up('--data-dir', taken))
    await refused(1, sentence, up('--data-dir', taken, '--store', 'memory'))
  })
  test('a port that is in use', async () => {
    const ear = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => ear.once('listening', resolve))
    const { port } = ear.address() as { port: number }
    await refused(1, /is in use: stop what listens there/, [
      'up',
      '--listen',
      `127.0.0.1:${port}`,
      '--data-dir',
      join(path, 'port'),
    ])
    ear.close()
  })
  test('a kubeconfig where no directory can be made', () =>
    refused(
      1,
      /^cannot write \/proc\/x\/y\/config: /,
      up('--kubeconfig', '/proc/x/y/config', '--data-dir', join(path, 'kubeconfig')),
    ))
  test('an address of another machine', () =>
    refused(1, /is not an address of this machine/, [
      'up',
      '--listen',
      '192.0.2.1:0',
      '--data-dir',
      join(path, 'address'),
    ]))
  test('a file where the directory should be', async () => {
    writeFileSync(join(path, 'file'), '')
    await refused(1, /cannot make the data directory .*file is in the way/, up('--data-dir', join(path, 'file')))
    await refused(1, /cannot make the data directory .*file is in the way/, up('--data-dir', join(path, 'file/below')))
  })
  test('a place where no directory can be made', () =>
    refused(1, /cannot make the data directory/, up('--data-dir', '/proc/none')))
  test("somebody else's directory", { skip: isRoot ? false : 'needs root' }, async () => {
    chmodSync(path, 0o755)
    await refused(1, /cannot use the data directory .*permission denied/, up('--data-dir', taken), asNobody)
    await refused(
      1,
      /cannot make the data directory .*permission denied/,
      up('--data-dir', join(path, 'theirs')),
      asNobody,
    )
  })
  test('a token file that is missing, or wrong', async () => {
    await refused(
      1,
      /token file .* cannot be read: there is no such file/,
      up('--data-dir', join(path, 't'), '--token-file', '/none'),
    )
    writeFileSync(join(path, 'tokens'), 'only-a-token\n', { mode: 0o600 })
    await refused(
      1,
      /token file .* is not valid: line 1/,
      up('--data-dir', join(path, 't'), '--token-file', join(path, 'tokens')),
    )
  })
  test('a kubeconfig that cannot be written', () =>
    refused(
      1,
      /cannot write \/proc\/kubeconfig: .*choose another with --kubeconfig/,
      up('--data-dir', join(path, 'k'), '--kubeconfig', '/proc/kubeconfig'),
    ))
})

describe('databases', () => {
  const { path, dispose } = temporaryDirectory()
  const whole = join(path, 'whole')
  after(dispose)
  before(async () => {
    const server = await startServer(whole, '--runtime', 'none')
    await server.stop()
  })
  const database = join(path, 'copy/jobd.db')
  const spoilt = async (sentence: RegExp, spoil: () => void): Promise<void> => {
    rmSync(join(path, 'copy'), { recursive: true, force: true })
    cpSync(whole, join(path, 'copy'), { recursive: true })
    spoil()
    await refused(1, sentence, ['up', '--listen', '127.0.0.1:0', '--data-dir', join(path, 'copy')])
  }
  const sql = (text: string): void => {
    const db = new DatabaseSync(database)
    db.exec(text)
    db.close()
  }

  test('cut short', () => spoilt(/the database .* is damaged/, () => truncateSync(database, 9000)))
  test('words in its place', () =>
    spoilt(/the database .* is damaged/, () => writeFileSync(database, 'no database\n'.repeat(99))))
  test('of a newer jobd', () =>
    spoilt(/was written by a newer jobd .*upgrade jobd/, () => sql('PRAGMA user_version = 99')))
  test('of another program', () => spoilt(/is not a jobd database/, () => sql('PRAGMA application_id = 7')))
  test('with one object that is no object', () =>
    spoilt(/the stored object \/registry\/.* is damaged/, () =>
      sql("UPDATE revisions SET value = CAST('no JSON' AS BLOB) WHERE revision = 3"),
    ))
  test('a directory in its place', () =>
    spoilt(/cannot use the database/, () => {
      rmSync(database)
      mkdirSync(database)
    }))
  test('certificates and keys that are damaged are made anew', async () => {
    rmSync(join(path, 'copy'), { recursive: true, force: true })
    cpSync(whole, join(path, 'copy'), { recursive: true })
    for (const name of ['ca.crt', 'server.key', 'sa.key']) writeFileSync(join(path, 'copy/pki', name), 'no PEM')
    const server = await startServer(join(path, 'copy'), '--runtime', 'none')
    const requests = requestsTo(server)
    assert.equal((await requests.send({ path: '/readyz' })).text, 'ok')
    requests.close()
    assert.equal(await server.stop(), 0)
  })
})

const mountable = isRoot && mountWorks()

function mountWorks(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    // Not in this container: the tests skip with a reason.
    return false
  }
}

describe('disks', { skip: mountable ? false : 'needs root and the right to mount' }, () => {
  const onDisk = async (size: string, act: (directory: string, remount: (how: string) => void) => Promise<void>) => {
    const { path, dispose } = temporaryDirectory()
    const mount = (...args: readonly string[]): void => void execFileSync('mount', [...args, path])
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs')
    try {
      await act(path, (how) => mount('-o', `remount,${how}`))
    } finally {
      execFileSync('umount', ['--lazy', path])
      dispose()
    }
  }

  test('too small from the start', async () => {
    const sentence = /(cannot use the data directory|^[^\n]*\/tmp\/).*the disk is full/m
    await onDisk('40k', (path) => refused(1, sentence, ['up', '--listen', '127.0.0.1:0', '--data-dir', path]))
  })

  test('read-only', async () => {
    await onDisk('4m', async (path, remount) => {
      remount('ro')
      await refused(1, /the disk is read-only/, ['up', '--listen', '127.0.0.1:0', '--data-dir', path])
    })
  })

  test('full on the way: writes are refused, reads go on, nothing acknowledged is lost, and writes work again', async () => {
    await onDisk('1500k', async (path, remount) => {
      const first = await startServer(path, '--runtime', 'none')
      const requests = requestsTo(first)
      const kept = await fill(requests)
      assert.equal((await requests.json('GET', `${maps}/m0`)).code, 200)
      remount('size=8m')
      assert.equal((await requests.json('POST', maps, configMap('again'))).code, 201)
      requests.close()
      assert.equal(await first.stop(), 0)
      const second = await startServer(path, '--runtime', 'none')
      const after = requestsTo(second)
      const { value } = await after.json('GET', maps)
      const names = (value as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name)
      for (const name of [...kept, 'again']) assert.ok(names.includes(name), `${name} was acknowledged`)
      after.close()
      await second.stop()
    })
  })
})

/** Writes until the disk is full; the names that were acknowledged. */
async function fill(requests: Requests): Promise<readonly string[]> {
  const kept: string[] = []
  for (let i = 0; i < 100; i++) {
    const { code, text } = await requests.json('POST', maps, configMap(`m${i}`, 50_000))
    if (code === 201) kept.push(`m${i}`)
    else {
      const status = JSON.parse(text) as { kind: string; message: string }
      assert.ok(code >= 500, text)
      assert.equal(status.kind, 'Status')
      assert.match(status.message, /the disk is full/)
      return kept
    }
  }
  throw new Error('the disk never became full')
}
