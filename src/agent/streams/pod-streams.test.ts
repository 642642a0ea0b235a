import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { ExecEnd, ExecOutput, Runtime } from '../runtime/index.ts'
import { createPodStreams, type ExecRequest, type PodStreamsOptions } from './pod-streams.ts'

const podWith = (status: Pod['status']): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [] },
  status,
})
const running = podWith({ phase: 'Running' })

/** Streams to a pod of which everything else is given. */
const streamsOf = (given: Partial<PodStreamsOptions> & { readonly pod?: Pod }) =>
  createPodStreams({
    runtime: { exec: async () => fail('it went away') } as Partial<Runtime> as Runtime,
    logs: { open: async () => assert.fail('not asked for'), openJob: async () => assert.fail('not asked for') },
    findPod: async () => ok(given.pod ?? running),
    runningOf: () => ({ podUid: 'u', container: 'main', attempt: 0 }),
    addressesOf: () => ['127.0.0.1'],
    ready: Promise.resolve(),
    ...given,
  })

const exec: ExecRequest = {
  kind: 'exec',
  namespace: 'default',
  pod: 'p',
  container: 'main',
  command: ['true'],
  stdin: false,
  stdout: true,
  stderr: true,
  tty: false,
}
const silent: ExecOutput = { stdout: () => true, stderr: () => true, end: () => {} }

test('a command that cannot be run is told of in the words of a kubelet', async () => {
  const ended = podWith({
    phase: 'Running',
    containerStatuses: [
      {
        name: 'main',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        lastState: {},
        state: { terminated: { exitCode: 3 } },
      },
    ],
  })
  const cases: readonly (readonly [
    string,
    Partial<PodStreamsOptions> & { readonly pod?: Pod },
    Partial<ExecRequest>,
  ])[] = [
    ['unable to upgrade connection: container not found ("main")', { runningOf: () => undefined }, {}],
    ['container "main" is not running: it ended with exit code 3', { runningOf: () => undefined, pod: ended }, {}],
    ['error executing command in container: no command was given', {}, { command: [] }],
    ['error executing command in container: it went away', {}, {}],
  ]
  for (const [message, given, asked] of cases) {
    const started = await streamsOf(given).exec({ ...exec, ...asked }, silent)
    assert.equal(started.ok ? 'it runs' : started.error.message, message)
  }
})

test('an output that cannot be read ends the attached client, and nothing else', async () => {
  const broken: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('before')
      throw new Error('EIO')
    },
  }
  const logs = { open: async () => ok(broken), openJob: async () => assert.fail('not asked for') }
  const end = await new Promise<ExecEnd>((resolve) => {
    void streamsOf({ logs }).exec({ ...exec, kind: 'attach' }, { ...silent, end: resolve })
  })
  assert.deepEqual(end, { kind: 'Failed', message: 'its output cannot be read: Error: EIO' })
})

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('a port is reached at the first address that takes the connection, and each side ends by itself', async (t) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write('hello')
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString()
    })
    socket.on('end', () => socket.end(`, ${text}`))
  })
  const port = await listening(t, server)
  // All of 127.0.0.0/8 is this machine; nobody listens at the first of the two.
  const streams = streamsOf({ addressesOf: () => ['127.0.0.2', '127.0.0.1'] })
  let said = ''
  const ended = Promise.withResolvers<string>()
  const output = {
    data: (bytes: Uint8Array) => {
      said += Buffer.from(bytes).toString()
      return true
    },
    end: ({ kind }: { readonly kind: string }) => ended.resolve(kind),
  }
  const session = await streams.portForward({ namespace: 'default', pod: 'p', port }, output)
  assert.ok(session.ok)
  session.value.write(Buffer.from('you'), () => {})
  session.value.end()
  assert.deepEqual([await ended.promise, said], ['Ended', 'hello, you'])
})

test('a port where nobody listens is named with the first address', async () => {
  const streams = streamsOf({ addressesOf: () => ['127.0.0.1', '127.0.0.2'] })
  const session = await streams.portForward({ namespace: 'default', pod: 'p', port: 1 }, { data: () => true, end() {} })
  const message = session.ok ? 'reached' : (session.error.message ?? '')
  assert.match(message, /^failed to connect to 127\.0\.0\.1:1 inside the pod: connect ECONNREFUSED/)
})
