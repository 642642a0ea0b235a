import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Job, type Program, startJobd, unwrap } from './library.ts'

const jobOf = (name: string, command: readonly string[]): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'host', command }] } },
  },
})

/** Whether a process has this argument. */
const isRunning = (argument: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument)
    } catch {
      return false
    }
  })

async function within(jobd: Program, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } finally {
    await jobd.stop()
  }
}

test('a program runs Jobs as processes and learns how they end', async () => {
  const jobd = await startJobd()
  await within(jobd, async () => {
    await jobd.apply([jobOf('good', ['true']), jobOf('bad', ['false'])])
    assert.equal((await jobd.finished('good')).status.succeeded, 1)
    assert.equal((await jobd.finished('bad')).status.failed, 1)
    assert.match(jobd.url, /^https:\/\/127\.0\.0\.1:\d+$/)
    assert.match(jobd.kubeconfig, new RegExp(`server: ${jobd.url}`))
    const found = await jobd.client.get<Job>({ resource: 'jobs.batch', namespace: 'default', name: 'absent' })
    assert.throws(() => unwrap(found), /not found/)
    await jobd.remove('good')
    await assert.rejects(jobd.job('good'), /not found/)
  })
})

test('without a data directory pods end with the server, with one objects outlive it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'jobd-library-'))
  try {
    const seconds = `600.${process.pid}`
    const jobd = await startJobd()
    await jobd.apply(jobOf('long', ['sleep', seconds]))
    await within(jobd, async () => {
      await new Promise<void>((resolve) => {
        const watch = jobd.client.watch<Job>(
          'jobs.batch',
          { resourceVersion: '0' },
          {
            onEvents: (events) => {
              if (events.some(({ object }) => object.status.ready === 1)) {
                watch.stop()
                resolve()
              }
            },
            onEnd: () => resolve(),
          },
        )
      })
      assert.equal(isRunning(seconds), true)
    })
    assert.equal(isRunning(seconds), false)
    const durable = await startJobd({ dataDir: join(dir, 'data') })
    await within(durable, async () => {
      await durable.apply(jobOf('kept', ['true']))
      await durable.finished('kept')
    })
    const again = await startJobd({ dataDir: join(dir, 'data') })
    await within(again, async () => assert.equal((await again.job('kept')).status.succeeded, 1))
    assert.ok(existsSync(join(dir, 'data', 'jobd.db')))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('what cannot be is told in words', async () => {
  await assert.rejects(startJobd({ timeZone: 'Mars/Base' }), {
    name: 'JobdError',
    message: /^timeZone takes an IANA time zone/,
  })
  await assert.rejects(startJobd({ dataDir: '/dev/null/x' }), { name: 'JobdError', message: /data directory/ })
})
