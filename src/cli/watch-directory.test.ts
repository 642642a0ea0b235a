import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { testApi } from '../../test/support/api.ts'
import type { ConfigMap } from '../apis/core/index.ts'
import { inProcessClient } from '../apiserver/in-process/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type DirectoryWatch, directoryLabel, type WatchOptions, watchDirectory } from './watch-directory.ts'

let directory: string
let client: Client
let clientFor: WatchOptions['clientFor']
let said: string[]
let watches: DirectoryWatch[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jobd-watched-'))
  const api = await testApi()
  const user = { name: 'admin', groups: ['system:masters'] }
  clientFor = (warn) => inProcessClient(api, { user, userAgent: 'test', isUntyped: true, warn })
  client = clientFor(() => {})
  said = []
  watches = []
})
afterEach(async () => {
  for (const watch of watches) await watch.stop()
  rmSync(directory, { recursive: true, force: true })
})

const say =
  (level: string): Log['warn'] =>
  (message, fields = {}) =>
    void said.push([level, message, ...Object.values(fields)].join(' | '))
const log: Log = { debug() {}, info: say('info'), warn: say('warn'), error: say('error') }

/** A look is taken when the test says so: the kernel's news of files is only awaited. */
function begin(path = directory): DirectoryWatch & { readonly changed: () => Promise<void> } {
  const waiting: { call: (() => void) | undefined; told: () => void } = { call: undefined, told: () => {} }
  const clock = {
    wake: (_delay: number, callback: () => void) => {
      waiting.call = callback
      waiting.told()
      return () => undefined
    },
  } as unknown as Clock
  const started = watchDirectory({ directory: path, clientFor, clock, log, namespace: 'default' })
  assert.ok(started.ok, started.ok ? '' : started.error)
  watches.push(started.value)
  return {
    ...started.value,
    async changed() {
      if (waiting.call === undefined) {
        await new Promise<void>((resolve) => {
          waiting.told = resolve
        })
      }
      waiting.call?.()
      waiting.call = undefined
      await started.value.settled()
    },
  }
}

const write = (name: string, ...maps: readonly string[]): void =>
  writeFileSync(
    join(directory, name),
    maps
      .map((map) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${map}}\ndata: {from: ${name}}\n`)
      .join('---\n'),
  )
async function names(): Promise<readonly (string | undefined)[]> {
  const listed = await client.list<ConfigMap>('configmaps', { namespace: 'default' })
  assert.ok(listed.ok)
  return listed.value.items.map(({ metadata }) => metadata.name)
}

test('what stands in files is applied, what leaves them is deleted', async () => {
  write('a.yaml', 'one', 'two')
  write('notes.txt', 'never')
  const watch = begin()
  await watch.settled()
  assert.deepEqual(await names(), ['one', 'two'])
  write('a.yaml', 'one')
  await watch.changed()
  assert.deepEqual(await names(), ['one'])
  rmSync(join(directory, 'a.yaml'))
  await watch.changed()
  assert.deepEqual(await names(), [])
  assert.deepEqual(
    said.map((line) => line.split(' | ').slice(0, 3).join(' ')),
    [
      'info applied configmap/one',
      'info applied configmap/two',
      'info deleted: no file says it any more configmaps/two',
      'info deleted: no file says it any more configmaps/one',
    ],
  )
})

test('what left while nobody watched is deleted at the next start, and nothing else is touched', async () => {
  write('a.yaml', 'kept')
  write('b.yaml', 'leaves')
  const other = mkdtempSync(join(tmpdir(), 'jobd-watched-other-'))
  writeFileSync(join(other, 'x.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-another-directory}\n')
  await client.create('configmaps', { metadata: { name: 'of-nobody', namespace: 'default' } })
  await begin(other).settled()
  const first = begin()
  await first.settled()
  await first.stop()
  rmSync(join(directory, 'b.yaml'))
  await begin().settled()
  assert.deepEqual(await names(), ['kept', 'of-another-directory', 'of-nobody'])
  rmSync(other, { recursive: true })
})

test('a bad file is named, stops no other, and keeps what it brought', async () => {
  write('a.yaml', 'before')
  write('c.yaml', 'good')
  const watch = begin()
  await watch.settled()
  writeFileSync(join(directory, 'a.yaml'), 'kind: [')
  write('b.json', 'x')
  writeFileSync(join(directory, 'd.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n')
  writeFileSync(join(directory, 'e.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name}\n')
  await watch.changed()
  assert.deepEqual(await names(), ['before', 'good', 'x'])
  const warned = said.filter((line) => line.startsWith('warn'))
  assert.equal(warned.length, 3, warned.join('\n'))
  assert.match(warned[0] ?? '', /a\.yaml \| a\.yaml is not valid YAML/)
  assert.match(warned[1] ?? '', /d\.yaml .* has no metadata\.name/)
  assert.match(warned[2] ?? '', /e\.yaml \| configmap\/Not_A_Name \| .*Invalid/)
  await watch.stop()
  await begin().settled()
  assert.deepEqual(await names(), ['before', 'good', 'x'], 'also when a bad file is all that the next start finds')
})

test('a pipe among the files keeps nothing waiting', async () => {
  execFileSync('mkfifo', [join(directory, 'a.yaml')])
  write('b.yaml', 'good')
  await begin().settled()
  assert.deepEqual(await names(), ['good'])
  assert.match(said.find((line) => line.startsWith('warn')) ?? '', /a\.yaml \| it cannot be read/)
})

test('what the server warns of is logged once for each change of a file', async () => {
  const warned = (): readonly string[] => said.filter((line) => line.startsWith('warn'))
  const job = (name: string): string =>
    `apiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}}\nspec: {template: {metadata: {annotations: ` +
    `{seccomp.security.alpha.kubernetes.io/pod: runtime/default}}, spec: {restartPolicy: Never, ` +
    `containers: [{name: c, image: host}]}}}\n`
  writeFileSync(join(directory, 'a.yaml'), `${job('one')}---\n${job('two')}`)
  write('b.yaml', 'fine')
  const watch = begin()
  await watch.settled()
  assert.equal(warned().length, 1, warned().join('\n'))
  assert.match(warned()[0] ?? '', /^warn \| a manifest has a warning \| a\.yaml \| .*seccomp/)
  write('b.yaml', 'changed')
  await watch.changed()
  assert.equal(warned().length, 1, 'another file changed')
  writeFileSync(join(directory, 'a.yaml'), job('three'))
  await watch.changed()
  assert.equal(warned().length, 2, 'it changed')
})

test('an object that somebody else made is neither taken over nor deleted', async () => {
  await client.create('configmaps', {
    metadata: { name: 'theirs', namespace: 'default' },
    data: { from: 'them' },
  } as ConfigMap)
  write('a.yaml', 'theirs')
  const watch = begin()
  await watch.settled()
  const found = await client.get<ConfigMap>({ resource: 'configmaps', namespace: 'default', name: 'theirs' })
  assert.equal(found.ok && found.value.data?.['from'], 'them')
  assert.match(said.join('\n'), /a\.yaml .* that this directory did not bring/)
  rmSync(join(directory, 'a.yaml'))
  await watch.changed()
  assert.deepEqual(await names(), ['theirs'])
})

test('two files that say one object are told apart, and the first one counts', async () => {
  write('a.yaml', 'twice')
  write('b.yaml', 'twice')
  const watch = begin()
  await watch.settled()
  assert.match(said.at(-1) ?? '', /b\.yaml \| configmap\/twice \| a\.yaml says it too/)
  rmSync(join(directory, 'a.yaml'))
  await watch.changed()
  const found = await client.get<ConfigMap>({ resource: 'configmaps', namespace: 'default', name: 'twice' })
  assert.equal(found.ok && found.value.data?.['from'], 'b.yaml')
  assert.ok(found.ok && found.value.metadata.labels?.[directoryLabel] !== undefined)
})

test('a directory that goes away deletes nothing', async () => {
  write('a.yaml', 'stays')
  const watch = begin()
  await watch.settled()
  renameSync(directory, `${directory}.away`)
  await watch.changed()
  assert.deepEqual(await names(), ['stays'])
  assert.match(said.at(-1) ?? '', /nothing is changed/)
  renameSync(`${directory}.away`, directory)
})

test('a directory that is not there is refused', () => {
  const clock = { wake: () => () => undefined } as unknown as Clock
  const started = watchDirectory({ directory: '/nonexistent/x', clientFor, clock, log, namespace: 'default' })
  assert.match(
    started.ok ? '' : started.error,
    /^the directory \/nonexistent\/x cannot be watched: there is no such file or directory; make it, or name another$/,
  )
})
