/** Logs from outside: they outlive pods, Jobs and servers, and stay within their limits while somebody follows. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { jobd, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

type World = {
  readonly directory: string
  readonly run: (...args: readonly string[]) => ReturnType<typeof runProgram>
  readonly restart: () => Promise<void>
  /** Runs a Job of one container to its end on the server. */
  readonly job: (name: string, script: string, backoffLimit?: number) => Promise<void>
}

async function withServer(flags: readonly string[], act: (world: World) => Promise<void>): Promise<void> {
  const { path: directory, dispose } = temporaryDirectory()
  let server = await startServer(directory, ...flags)
  const run: World['run'] = (...args) => runProgram(jobd, args, { env: { JOBD_DATA_DIR: directory } })
  try {
    await act({
      directory,
      run,
      restart: async () => {
        await server.stop()
        server = await startServer(directory, ...flags)
      },
      job: async (name, script, backoffLimit = 0) => {
        const container = { name: 'main', image: 'host', command: ['sh', '-c', script] }
        const template = { spec: { restartPolicy: 'Never', containers: [container] } }
        const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { backoffLimit, template } }
        writeFileSync(join(directory, `${name}.json`), JSON.stringify(manifest))
        const { err } = await run('run', '--data-dir', directory, join(directory, `${name}.json`))
        assert.match(err, /Failed|Complete|failed|complete/)
      },
    })
  } finally {
    await server.stop()
    dispose()
  }
}

const titles = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('==> '))

describe('logs', () => {
  test('of all runs of a Job, in order, are there when pods, Job and server have gone', async () => {
    await withServer([], async ({ directory, run, restart, job }) => {
      const mark = join(directory, 'once')
      await job('twice', `if [ -e ${mark} ]; then echo second; else echo first; touch ${mark}; exit 3; fi`, 1)
      const look = async () => {
        const { code, out, err } = await run('logs', 'job/twice')
        assert.equal(code, 0, err)
        assert.match(
          out,
          /^==> pod\/twice-\S+ main, \S+Z, exit code 3 <==\nfirst\n==> pod\/twice-\S+ main, \S+Z, exit code 0 <==\nsecond\n$/,
        )
        return out
      }
      const before = await look()
      assert.equal((await run('delete', 'job/twice')).code, 0)
      assert.equal(await look(), before)
      assert.deepEqual(
        readdirSync(join(directory, 'pods', 'pods')).filter((name) => name.includes('-')),
        [],
      )
      await restart()
      assert.equal(await look(), before)
      const tail = await run('logs', 'job/twice', '--tail', '0')
      assert.equal(titles(tail.out).length, 2)
      const other = await run('logs', 'job/other')
      assert.deepEqual([other.code, other.out], [1, ''])
      assert.match(other.err, /no log of a Job "other" is kept/)
    })
  })

  test('a follower gets every line of a loud pod once, and the disk keeps the end', async () => {
    await withServer(['--log-max-size', '1Mi'], async ({ directory, run }) => {
      const go = join(directory, 'go')
      const script = `while ! [ -e ${go} ]; do sleep 0.1; done; for i in 1 2 3 4; do seq 1000000; sleep 1.1; done`
      const container = { name: 'main', image: 'host', command: ['sh', '-c', script] }
      const template = { spec: { restartPolicy: 'Never', containers: [container] } }
      const file = join(directory, 'loud.json')
      writeFileSync(
        file,
        JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'loud' }, spec: { template } }),
      )
      const child = spawn(jobd, ['run', '--data-dir', directory, file], { stdio: ['ignore', 'pipe', 'ignore'] })
      const digest = createHash('sha256')
      child.stdout.on('data', (chunk: Buffer) => digest.update(chunk))
      writeFileSync(go, '')
      assert.deepEqual(await once(child, 'close'), [0, null])
      const whole = createHash('sha256')
      const lines = Array.from({ length: 1_000_000 }, (_, n) => `${n + 1}\n`).join('')
      for (let i = 0; i < 4; i++) whole.update(lines)
      assert.equal(digest.digest('hex'), whole.digest('hex'))
      const kept = await run('logs', 'job/loud')
      assert.ok(kept.out.length < 8_000_000 && kept.out.endsWith('999999\n1000000\n'), String(kept.out.length))
      const pods = join(directory, 'pods', 'pods')
      const [pod = ''] = readdirSync(pods).filter((name) => name.includes('-'))
      const log = statSync(join(pods, pod, 'main.0.log'))
      assert.ok(log.size > 27_000_000 && log.blocks * 512 < 9_000_000, `${log.size} bytes in ${log.blocks} blocks`)
    })
  })

  test('a reader that goes away ends the program without a word', async () => {
    await withServer([], async ({ directory, job }) => {
      await job('long', 'seq 300000')
      const script = `set -o pipefail; '${jobd}' logs job/long | head -1`
      const { out, err, code } = await runProgram('bash', ['-c', script], { env: { JOBD_DATA_DIR: directory } })
      assert.deepEqual({ out, err, code }, { out: '1\n', err: '', code: 141 })
      if (!existsSync('/dev/full')) return
      const full = await runProgram('bash', ['-c', `'${jobd}' logs job/long > /dev/full`], {
        env: { JOBD_DATA_DIR: directory },
      })
      assert.match(full.err, /^the output cannot be written: the disk is full\n$/)
      assert.equal(full.code, 1)
    })
  })

  for (const how of ['stop', 'kill'] as const) {
    test(`a run prints every line once, also when the server is away meanwhile: ${how}`, {
      timeout: 300_000,
    }, async () => {
      const { path, dispose } = temporaryDirectory()
      const data = join(path, 'data')
      const gate = join(path, 'gate')
      execFileSync('mkfifo', [gate])
      let server = await startServer(data)
      const script = `echo one; read line < ${gate}; echo two; printf three`
      const run = begin('run', '--data-dir', data, '--', 'sh', '-c', script)
      try {
        await run.firstOutput
        const [job = ''] = /job\.batch\/\S+/.exec(run.err()) ?? []
        const follower = begin('logs', '--data-dir', data, '-f', job)
        await follower.firstOutput
        await server[how]()
        assert.equal(await follower.ended, 1)
        assert.equal(follower.out(), 'one\n')
        assert.match(follower.err(), /^the server went away before the end of the log: read it again/)
        server = await startServer(data, '--listen', new URL(server.url).host)
        writeFileSync(gate, 'go\n')
        assert.equal(await run.ended, 0, run.err())
        assert.equal(run.out(), 'one\ntwo\nthree')
      } finally {
        run.end()
        await server.stop()
        dispose()
      }
    })
  }
})

type Program = {
  readonly out: () => string
  readonly err: () => string
  readonly firstOutput: Promise<unknown>
  readonly ended: Promise<number | null>
  readonly end: () => void
}

function begin(...args: readonly string[]): Program {
  const child = spawn(jobd, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    texts.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    texts.err += chunk.toString()
  })
  return {
    out: () => texts.out,
    err: () => texts.err,
    firstOutput: once(child.stdout, 'data'),
    ended: once(child, 'close').then(([code]: readonly (number | null)[]) => code ?? null),
    end: () => child.kill('SIGKILL'),
  }
}
