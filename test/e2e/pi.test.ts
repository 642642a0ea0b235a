/** The mission's first chapter, word for word, with every kubectl there is and with jobd's own verbs. */
import assert from 'node:assert/strict'
import { readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { digitsOfPi } from '../support/digits.ts'
import {
  anyKubectl,
  jobd,
  kubectlOn,
  kubectls,
  root,
  runProgram,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'

const digits = digitsOfPi(2000)
const example = join(root, 'examples/pi.yaml')
const noKubectl = 'no kubectl on the PATH'

describe('jobd run', () => {
  test('the pi example prints its digits and one line about the Job, and exits 0', async () => {
    const { code, out, err } = await runProgram(jobd, ['run', 'examples/pi.yaml'])
    assert.equal(code, 0, err)
    assert.equal(out, `${digits}\n`)
    assert.match(err.trimEnd().split('\n').at(-1) ?? '', /^job\.batch\/pi complete in \d+\.\d+s$/)
  })

  test('flags behind a file count, here one that is no name of a namespace', async () => {
    const { code, err } = await runProgram(jobd, ['run', 'examples/pi.yaml', '--namespace', 'No_Name'])
    assert.equal(code, 1, err)
    assert.match(err, /namespaces "No_Name" not found/)
  })

  test('flags behind -- are those of the command', async () => {
    const words = ['echo', '--data-dir', 'x', '-n', 'y', '--name', 'z', '--', '--version']
    const { code, out, err } = await runProgram(jobd, ['run', '--name', 'own', '--', ...words])
    assert.equal(code, 0, err)
    assert.equal(out, '--data-dir x -n y --name z -- --version\n')
  })

  test('a command is run as it stands, also where Kubernetes would read something into it', async () => {
    const { out, err } = await runProgram(jobd, ['run', '--', 'printf', '%s ', '$$', '$(HOME)', '$$(HOME)', 'a$'])
    assert.equal(out, '$$ $(HOME) $$(HOME) a$ ', err)
  })

  test('a command exits with its own code, and what went wrong is told', async () => {
    const { code, err } = await runProgram(jobd, ['run', '--', 'sh', '-c', 'echo to-stderr >&2; exit 7'])
    assert.equal(code, 7, err)
    assert.match(err, /failed after .*BackoffLimitExceeded.*: exit code 7\n$/)
  })

  test('the exit code is that of the container that failed, not of those that were told to go for it', async () => {
    const { path, dispose } = temporaryDirectory()
    const script = `if [ $JOB_COMPLETION_INDEX = 0 ]; then until [ -e '${path}/up' ]; do sleep 0.1; done; exit 7; fi
trap 'sleep 1; exit 143' TERM; touch '${path}/up'; sleep 100 & wait`
    const container = { name: 'main', image: 'host', command: ['sh', '-c', script] }
    const template = { spec: { restartPolicy: 'Never', containers: [container] } }
    const spec = { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimit: 0, template }
    writeFileSync(
      join(path, 'job.json'),
      JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'two' }, spec }),
    )
    const { code, err } = await runProgram(jobd, ['run', join(path, 'job.json')])
    dispose()
    assert.equal(code, 7, err)
    assert.match(err, /; container main of pod two-0-\S+: exit code 7\n$/)
  })

  test('manifests for other namespaces run without a server, which has nobody else to make those', async () => {
    const job = readFileSync(example, 'utf8').replace('  name: pi', '  name: pi\n  namespace: ci')
    const { code, err } = await runProgram(jobd, ['run', '-n', 'other', '-'], { input: job })
    assert.equal(code, 0, err)
    const command = await runProgram(jobd, ['run', '-n', 'other', '--', 'true'])
    assert.equal(command.code, 0, command.err)
  })

  test('a command that does not exist fails with a sentence that names it', async () => {
    const { code, err } = await runProgram(jobd, ['run', '--', '/no/such/command'])
    assert.notEqual(code, 0)
    assert.match(err, /\/no\/such\/command/)
    assert.doesNotMatch(err, /at .*\.(js|ts):\d+/)
  })
})

describe('the first chapter of the mission with kubectl', { skip: kubectls().size === 0 ? noKubectl : false }, () => {
  for (const [version, file] of kubectls()) {
    test(`kubectl ${version}`, async () => {
      const { path, dispose } = temporaryDirectory()
      const server = await startServer(path)
      try {
        await firstChapter(kubectlOn(server, file))
      } finally {
        await server.stop()
        dispose()
      }
    })
  }
})

type Kubectl = ReturnType<typeof kubectlOn>

async function firstChapter(kubectl: Kubectl): Promise<void> {
  const good = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await kubectl(...args)
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${err}`)
    return out
  }
  assert.equal(await good('apply', '-f', example), 'job.batch/pi created\n')
  await good('wait', '--for=condition=complete', '--timeout=120s', 'job/pi')
  const described = await good('describe', 'jobs/pi')
  for (const line of [
    /^Name: +pi$/m,
    /^Parallelism: +1$/m,
    /^Pods Statuses: .*1 Succeeded \/ 0 Failed$/m,
    /Created pod: pi-/,
  ]) {
    assert.match(described, line)
  }
  const pods = await good('get', 'pods', '--selector=job-name=pi', '--output=jsonpath={.items[*].metadata.name}')
  assert.match(pods, /^pi-[a-z0-9]{5}$/)
  assert.equal(await good('logs', pods), `${digits}\n`)
  assert.match(await good('get', 'job', 'pi', '-o', 'yaml'), /type: Complete/)
  assert.match(await good('delete', 'jobs/pi'), /^job\.batch "pi" deleted/)
  await good('wait', '--for=delete', '--timeout=120s', `pod/${pods}`)
  assert.equal(await good('get', 'pods', '-o', 'name'), '')
  await good('apply', '-f', example)
  assert.match(await good('delete', '-f', example), /^job\.batch "pi" deleted/)
  assert.equal(await good('get', 'jobs', '-o', 'name'), '')
}

describe("the first chapter with jobd's own verbs", () => {
  test('run, get, describe, logs and delete on a running server', async () => {
    const { path, dispose } = temporaryDirectory()
    const server = await startServer(path)
    const own = async (...args: string[]): Promise<string> => {
      const [verb = '', ...rest] = args
      const { code, out, err } = await runProgram(jobd, [verb, '--data-dir', path, ...rest])
      assert.equal(code, 0, `jobd ${args.join(' ')}: ${err}`)
      return out
    }
    try {
      assert.equal(await own('run', example), `${digits}\n`)
      const { code, err } = await runProgram(jobd, ['run', '--data-dir', path, example])
      assert.deepEqual([code, /job\.batch\/pi was over before .*jobd rerun job\/pi/.test(err)], [0, true], err)
      assert.match(await own('get', 'jobs'), /^NAME +STATUS +COMPLETIONS +DURATION +AGE.*\npi +Complete +1\/1/)
      assert.match(await own('describe', 'jobs/pi'), /^Name: +pi$/m)
      assert.equal(await own('describe', 'jobs'), await own('describe', 'jobs/pi'))
      assert.equal(await own('logs', 'job/pi'), `${digits}\n`)
      assert.match(await own('get', 'job', 'pi', '-o', 'yaml'), /kind: Job/)
      assert.equal(await own('delete', 'jobs/pi'), 'job.batch "pi" deleted\n')
      assert.equal(await own('get', 'pods', '-o', 'name'), '')
    } finally {
      await server.stop()
      dispose()
    }
  })
})

describe('kill -9', () => {
  test('the pi process outlives the server, and the next server judges it once', async (t) => {
    const kubectlFile = anyKubectl()
    if (kubectlFile === undefined) return t.skip(noKubectl)
    const { path, dispose } = temporaryDirectory()
    const starts = join(path, 'starts')
    const go = join(path, 'go')
    const first = await startServer(path)
    const manifest = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'pi' },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'pi',
                image: 'host',
                command: [
                  'sh',
                  '-c',
                  `echo $$ >> ${starts}; while [ ! -e ${go} ]; do sleep 0.05; done; exec perl -MMath::BigFloat -wle 'print Math::BigFloat->bpi(2000)'`,
                ],
              },
            ],
          },
        },
      },
    }
    const running = whenThere(path, starts)
    const created = await runProgram(kubectlFile, ['apply', '-f', '-'], {
      env: { KUBECONFIG: first.kubeconfig, HOME: path },
      input: JSON.stringify(manifest),
    })
    assert.equal(created.code, 0, created.err)
    await running
    await first.kill()
    const second = await startServer(path)
    try {
      const kubectl = kubectlOn(second, kubectlFile)
      await runProgram('touch', [go])
      const waited = await kubectl('wait', '--for=condition=complete', '--timeout=120s', 'job/pi')
      assert.equal(waited.code, 0, waited.err)
      assert.equal(readFileSync(starts, 'utf8').trim().split('\n').length, 1)
      const status = await kubectl('get', 'job', 'pi', '-o', 'jsonpath={.status.succeeded} {.status.failed}')
      assert.equal(status.out.trim(), '1')
      assert.equal((await kubectl('logs', 'job/pi')).out, `${digits}\n`)
    } finally {
      await second.stop()
      dispose()
    }
  })
})

/** Resolves once the file has been written to. */
function whenThere(directory: string, file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory, (_, name) => {
      if (name === null || join(directory, name) !== file) return
      watcher.close()
      resolve()
    })
  })
}
