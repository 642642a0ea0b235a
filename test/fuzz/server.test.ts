/**
 * The whole server under requests that nobody should send. Every answer is a Status or a plain text; nothing crashes,
 * hangs, grows, or is stored that the next start cannot read. JOBD_FUZZ_SEED and JOBD_FUZZ_REQUESTS look further.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type SeededRandom, seededRandom } from '../sim/seeded-random.ts'
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { type Answer, type Ask, type Requests, requestsTo } from '../support/requests.ts'
import { oddRequest } from './odd-requests.ts'
import { randomBytes, spoiltBytes } from './odd-values.ts'

const only = process.env['JOBD_FUZZ_SEED']
const seeds = only === undefined ? [1, 2, 3] : [Number(only)]
const total = Number(process.env['JOBD_FUZZ_REQUESTS'] ?? 2000)
const workers = 8
/** No request takes longer than this, however odd; the machine may be busy. */
const patience = 10_000
/** A server that keeps what it was sent grows by far more: bodies alone are several times this. */
const growth = 80 << 20
/** For all seeds together. Fewer requests are made on a busy machine. */
const budget = 20_000

for (const seed of seeds) {
  describe(`odd requests from seed ${seed}`, { timeout: 120_000 }, () => {
    const { path, dispose } = temporaryDirectory()
    let server: Server
    let requests: Requests
    before(async () => {
      server = await startServer(path, '--runtime', 'none')
      requests = requestsTo(server)
    })
    after(async () => {
      requests.close()
      await server.stop()
      dispose()
    })

    test('every answer is one that clients understand, and memory stays', async (t) => {
      const until = total > 2000 ? Number.POSITIVE_INFINITY : Date.now() + budget / seeds.length
      let asked = 0
      let early = 0
      const work = async (random: SeededRandom): Promise<void> => {
        while (asked < total && Date.now() < until) {
          asked++
          if (asked === Math.floor(total / 3)) early = residentBytes(server.pid)
          const ask = oddRequest(random)
          judge(ask, await answerTo(requests, ask), server)
        }
      }
      const randoms = Array.from({ length: workers }, (_, i) => seededRandom(seed * 1000 + i))
      await Promise.all(randoms.map(work))
      if (asked === total) {
        const late = residentBytes(server.pid)
        assert.ok(late - early < growth, `${early >> 20} MiB became ${late >> 20} MiB`)
      }
      t.diagnostic(`${asked} requests`)
      assertUnharmed(server)
    })

    test('bytes that are no requests end their own connection only', async () => {
      const random = seededRandom(seed)
      const whole = Buffer.from(
        'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}',
      )
      for (let i = 0; i < 60; i++) {
        const bytes = random.pick([
          randomBytes(random, 300),
          spoiltBytes(random, whole),
          whole.subarray(0, random.between(1, whole.length)),
        ])
        const socket = await requests.open()
        socket.on('error', () => {})
        const gone = new Promise((resolve) => socket.once('close', resolve))
        socket.resume()
        socket.end(bytes)
        await gone
      }
      assertUnharmed(server)
    })

    test('frames that are no WebSocket frames end their own stream only', async () => {
      const random = seededRandom(seed)
      for (let i = 0; i < 20; i++) {
        const socket = await requests.open()
        socket.on('error', () => {})
        const gone = new Promise((resolve) => socket.once('close', resolve))
        const answered = new Promise<void>((resolve) => {
          socket.once('data', () => resolve())
          socket.once('close', resolve)
        })
        const what = random.pick(['configmaps?watch=1&timeoutSeconds=5', 'pods/one/exec?command=true&stdout=1'])
        socket.write(
          `GET /api/v1/namespaces/default/${what} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
        )
        await answered
        socket.end(randomBytes(random, 400))
        await gone
      }
      assertUnharmed(server)
    })

    test('afterwards the server works, and the next one reads all that was stored', async () => {
      await works(requests)
      const { body } = await requests.send({ path: '/apis/batch/v1/jobs', headers: { Accept: 'application/json' } })
      assert.equal(await server.stop(), 0)
      requests.close()
      server = await startServer(path, '--runtime', 'none')
      requests = requestsTo(server)
      const again = await requests.send({ path: '/apis/batch/v1/jobs', headers: { Accept: 'application/json' } })
      const namesIn = (answer: Buffer): readonly string[] =>
        (JSON.parse(answer.toString()) as { items: { metadata: { uid: string } }[] }).items.map(
          ({ metadata }) => metadata.uid,
        )
      assert.deepEqual(namesIn(again.body), namesIn(body))
      await works(requests)
    })
  })
}

async function answerTo(requests: Requests, ask: Ask): Promise<Answer | undefined> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience).unref()
  })
  const bounded = ask.path.includes('watch=1') || ask.path.includes('/watch/') || ask.path.includes('/log')
  const path = bounded ? `${ask.path}${ask.path.includes('?') ? '&' : '?'}timeoutSeconds=1` : ask.path
  try {
    return await Promise.race([requests.send({ ...ask, path }), late])
  } catch (error) {
    // Refused by the parser of HTTP, with or without an answer: the connection is closed, which is right.
    if (
      error instanceof Error &&
      'code' in error &&
      ['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'].includes(String(error.code))
    ) {
      return undefined
    }
    throw new Error(`${shown(ask)}: ${String(error)}`, { cause: error })
  }
}

const shown = ({ method, path, headers, body }: Ask): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)} ${Buffer.from(body ?? '')
    .toString()
    .slice(0, 600)}`

/** A failure is a Status in the asked form, or a page in words; a defect is never an answer. */
function judge(ask: Ask, answer: Answer | undefined, server: Server): void {
  if (answer === undefined) return
  const { code, text, headers } = answer
  const told = `${shown(ask)}\n→ ${code} ${text.slice(0, 500)}`
  assert.ok(code >= 200 && code < 600, told)
  assert.doesNotMatch(text, /unexpected defect/, `${told}\n${server.errors().slice(-2000)}`)
  if (code < 400 || ask.method === 'HEAD') return
  const type = String(headers['content-type'] ?? '')
  if (type.startsWith('application/json')) {
    const status = JSON.parse(text) as { kind?: string; status?: string; code?: number; message?: string }
    assert.deepEqual([status.kind, status.status, status.code], ['Status', 'Failure', code], told)
    assert.ok(status.message, told)
  } else if (type.startsWith('application/vnd.kubernetes.protobuf')) {
    assert.equal(answer.body.subarray(0, 4).toString('latin1'), 'k8s\0', told)
  } else if (type.startsWith('application/yaml')) {
    assert.match(text, /^kind: Status$/m, told)
  } else {
    assert.ok(type.startsWith('text/plain') || text === '', told)
  }
}

/** The process lives, and told of no defect of its own. */
function assertUnharmed(server: Server): void {
  assert.ok(residentBytes(server.pid) > 0, `the server has gone: ${server.errors()}`)
  assert.doesNotMatch(
    server.errors(),
    /defect|TypeError|RangeError|ReferenceError|SyntaxError|[Uu]nhandled|[Uu]ncaught/,
  )
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

async function works(requests: Requests): Promise<void> {
  const { code, text } = await requests.json('POST', '/api/v1/namespaces/kube-public/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { generateName: 'works-' },
  })
  assert.equal(code, 201, text)
}
