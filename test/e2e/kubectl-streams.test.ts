/**
 * kubectl exec, cp and port-forward against real processes, with every kubectl there is: those up to 1.29 speak SPDY, newer
 * ones WebSocket, and SPDY within WebSocket to forward ports.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { kubectlOn, kubectls, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const large = 50 << 20
/** A server of HTTP on a free port, which it prints; answers each request with random bytes and their digest. */
const program = `
const { createServer } = require('node:http'), { createHash, randomBytes } = require('node:crypto')
createServer((req, res) => {
  const bytes = randomBytes(Number(req.url.slice(1)))
  res.setHeader('digest', createHash('sha256').update(bytes).digest('hex'))
  res.end(bytes)
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function fetched(port: number, size: number): Promise<void> {
  const [res] = await once(get({ host: '127.0.0.1', port, path: `/${size}`, agent: false }), 'response')
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of res) {
    hash.update(chunk)
    bytes += chunk.length
  }
  assert.equal(bytes, size)
  assert.equal(hash.digest('hex'), res.headers.digest)
}

/** Waits until a child has said something on any of its outputs. */
function said(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = ''
    const take = (chunk: Buffer): void => {
      text += chunk
      const found = pattern.exec(text)
      if (found !== null) resolve(found)
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('exit', () => reject(new Error(`ended without saying ${pattern}: ${text}`)))
  })
}

const found = kubectls()
const missing = found.size === 0 ? 'needs kubectl' : false

describe('streams of kubectl', { skip: missing, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  let port = 0
  before(async () => {
    server = await startServer(path)
    const kubectl = kubectlOn(server, [...found.values()].at(-1) ?? '')
    const manifest = join(path, 'pod.json')
    const containers = [{ name: 'main', image: 'host', command: [process.execPath, '-e', program] }]
    writeFileSync(
      manifest,
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } }),
    )
    const made = await kubectl('apply', '-f', manifest)
    assert.equal(made.code, 0, made.err)
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=120s')
    const child = spawn([...found.values()].at(-1) ?? '', ['logs', '-f', 'web'], {
      env: { ...process.env, KUBECONFIG: server.kubeconfig },
    })
    port = Number((await said(child, /^(\d+)$/m))[1])
    child.kill()
  })
  after(async () => {
    await kubectlOn(server, [...found.values()].at(-1) ?? '')('delete', 'pod', 'web', '--grace-period=1')
    await server.stop()
    dispose()
  })

  const versions = [...found]
  for (const [index, [version, file]] of versions.entries()) {
    const env = () => ({ KUBECONFIG: server.kubeconfig, HOME: server.directory })

    test(`kubectl ${version} speaks HTTP/2, and HTTP/1.1 where it leaves HTTP`, async () => {
      const kubectl = kubectlOn(server, file)
      const made = async (): Promise<readonly number[]> => {
        const { out } = await kubectl('get', '--raw', '/metrics')
        return ['h2', 'http/1.1'].map((protocol) =>
          Number(new RegExp(`^jobd_connections_total{protocol="${protocol}"} (\\d+)$`, 'm').exec(out)?.[1]),
        )
      }
      const [before = 0, upgraded = 0] = await made()
      const listed = await kubectl('get', 'pods')
      assert.equal(listed.code, 0, listed.err)
      const [after = 0, same] = await made()
      assert.ok(after >= before + 2, `${after} connections after ${before}`)
      assert.equal(same, upgraded)
      const ended = await kubectl('exec', 'web', '--', 'true')
      assert.equal(ended.code, 0, ended.err)
      assert.equal((await made())[1], upgraded + 1)
    })

    test(`kubectl ${version} runs a command with input, and tells how it ended`, async () => {
      const args = ['exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo said >&2; exit 7']
      const ended = await runProgram(file, args, { env: env(), input: 'hello\n' })
      assert.deepEqual([ended.code, ended.out], [7, 'hello\n'], ended.err)
      assert.match(ended.err, /^said$/m)
      assert.match(ended.err, /command terminated with exit code 7/)
    })

    test(`kubectl ${version} forwards ports, many connections at a time`, async () => {
      const child = spawn(file, ['port-forward', 'web', `:${port}`, ':1'], { env: { ...process.env, ...env() } })
      const exited = once(child, 'exit')
      const [, to] = await said(child, new RegExp(`127.0.0.1:(\\d+) -> ${port}[^]*127.0.0.1:\\d+ -> 1\\n`))
      await Promise.all(Array.from({ length: 8 }, () => fetched(Number(to), 1 << 20)))
      if (index === 0 || index === versions.length - 1) await fetched(Number(to), large)
      child.kill()
      await exited
    })
  }

  const [[oldest, first] = ['', ''], [newest, last] = ['', '']] = [versions[0], versions.at(-1)]
  for (const [version, file] of new Map([
    [oldest, first],
    [newest, last],
  ])) {
    test(`kubectl ${version} tells of a port where nobody listens`, async () => {
      const child = spawn(file, ['port-forward', 'web', ':1'], {
        env: { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.directory },
      })
      const [, to] = await said(child, /127.0.0.1:(\d+) -> 1\n/)
      const told = said(child, /error forwarding port 1 to pod web, uid : failed to connect to 127.0.0.1:1/)
      const socket = connect(Number(to), '127.0.0.1')
      socket.on('error', () => {})
      socket.resume()
      await Promise.all([told, once(socket, 'close')])
      child.kill()
    })

    test(`kubectl ${version} gives a pod that it runs its own input, and ends as that does`, async () => {
      const script = 'while read line; do echo "got $line"; done; exit 3'
      const args = ['run', '-i', '--rm', '--restart=Never', '--image=x', 'typed', '--', 'sh', '-c', script]
      const env = { KUBECONFIG: server.kubeconfig, HOME: server.directory }
      const ended = await runProgram(file, args, { env, input: 'one\ntwo\n' })
      assert.equal(ended.code, 3, ended.err)
      assert.match(ended.out, /^got one\ngot two\n/m)
    })

    test(`kubectl ${version} attaches to a pod's terminal, leaves it, and comes again`, async () => {
      const kubectl = kubectlOn(server, file)
      const own = { name: 'main', image: 'x', command: ['sh', '-c', 'stty size; exec sh'], stdin: true, tty: true }
      const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shell' }, spec: { containers: [own] } }
      writeFileSync(
        join(path, 'shell.json'),
        JSON.stringify({ ...manifest, spec: { ...manifest.spec, restartPolicy: 'Never' } }),
      )
      const made = await kubectl('apply', '-f', join(path, 'shell.json'))
      assert.equal(made.code, 0, made.err)
      await kubectl('wait', '--for=condition=Ready', 'pod/shell', '--timeout=120s')
      const attached = async (typed: string, answer?: RegExp): Promise<void> => {
        const attach = `stty rows 33 cols 99; exec ${file} attach -it shell`
        const child = spawn('script', ['-qefc', attach, '/dev/null'], {
          env: { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.directory },
        })
        const over = once(child, 'exit')
        const answered = answer === undefined ? over : said(child, answer)
        await said(child, /try pressing enter/)
        child.stdin.write(typed)
        await answered
        // Leaves as one does who closes the window.
        child.kill()
        await over
      }
      await attached('until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; echo $((6 * 7)) "$TERM"\r', /42 xterm/)
      await attached('echo $((7 * 7))\r', /^49\r$/m)
      await attached('exit 0\r')
      const phase = await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/shell', '--timeout=120s')
      assert.equal(phase.code, 0, phase.err)
      await kubectl('delete', 'pod', 'shell')
    })

    test(`kubectl ${version} copies files both ways`, async () => {
      const kubectl = kubectlOn(server, file)
      const bytes = randomBytes(large)
      const [from, there, back] = [join(path, 'from'), join(path, `there-${version}`), join(path, 'back')]
      writeFileSync(from, bytes)
      const copied = await kubectl('cp', from, `web:${there}`)
      assert.equal(copied.code, 0, copied.err)
      assert.equal(digest(readFileSync(there)), digest(bytes))
      const returned = await kubectl('cp', `web:${there}`, back)
      assert.equal(returned.code, 0, returned.err)
      assert.equal(digest(readFileSync(back)), digest(bytes))
    })
  }
})
