/** `jobd service` under a systemd that runs: what outlives what, and what is said when it does not start. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { jobd } from '../support/executable.ts'
import { appears, whenFiles } from '../support/files.ts'
import { startSystemd, systemdMissing, type TestSystemd } from '../support/systemd.ts'

const data = '/var/lib/jobd'
const whenJobOver = new URL('../support/when-job-over.ts', import.meta.url).pathname
const install = `${jobd} service install --system -- --watch /manifests --max-pod-backoff 0`

const started = systemdMissing() ?? (await startSystemd())
const skip = typeof started === 'string' ? started : false

describe('the service of systemd', { skip, timeout: 500_000 }, () => {
  const machine = started as TestSystemd
  before(() => {
    for (const name of ['manifests', 'marks']) mkdirSync(`${machine.root}/${name}`)
  })
  after(() => machine.stop())

  /** What a command inside prints, if it succeeds. */
  async function out(script: string): Promise<string> {
    const ended = await machine.run(script)
    assert.equal(ended.code, 0, `${script}: ${ended.err}`)
    return ended.out
  }
  const client = (words: string) => out(`${jobd} ${words} --data-dir ${data}`)
  /** How a Job ends, once it has. */
  const end = (job: string) => out(`${process.execPath} ${whenJobOver} ${data}/kubeconfig ${job}`)
  const mark = (name: string) => `${machine.root}/marks/${name}`
  const serverFile = () => `${machine.root}${data}/server.json`
  const serverText = () => (existsSync(serverFile()) ? readFileSync(serverFile(), 'utf8') : '')

  /** A Job whose only pod says that it has started, and ends with 3 when it is told to. */
  function submit(name: string): Promise<void> {
    const script = `touch /marks/${name}.started; until [ -e /marks/${name}.go ]; do sleep 0.1; done; touch /etc/no; echo home $HOME; exit 3`
    const container = {
      ...{ name: 'main', image: 'host', command: ['sh', '-c', script] },
      securityContext: { readOnlyRootFilesystem: true },
      resources: { limits: { memory: '64Mi' } },
      volumeMounts: [
        { name: 'marks', mountPath: '/marks' },
        { name: 'memory', mountPath: '/scratch' },
      ],
    }
    const volumes = [
      { name: 'marks', hostPath: { path: '/marks' } },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    ]
    const spec = { template: { spec: { restartPolicy: 'Never', containers: [container], volumes } } }
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { ...spec, backoffLimit: 1 } }
    writeFileSync(`${machine.root}/manifests/${name}.json`, JSON.stringify(job))
    return appears(mark(`${name}.started`))
  }

  test('it serves when the installation comes back', async () => {
    const { code, err } = await machine.run(install)
    assert.deepEqual(
      [code, err],
      [0, `wrote /etc/systemd/system/jobd.service, and jobd runs: eval "$(jobd env --data-dir ${data})"\n`],
    )
    await client('get jobs')
    assert.match(await out('systemctl status jobd --no-pager'), /Status: "Serves at https:\/\/127\.0\.0\.1:6443"/)
  })

  test('pods go on while it restarts, crashes and is down, and tell their end to the next one', async () => {
    await submit('first')
    assert.match(
      await client('get pods')
        .then(() => out('systemctl restart jobd'))
        .then(() => client('get pods')),
      /first-\S+ +1\/1 +Running +0 /,
    )
    const crashed = serverText()
    await out('systemctl kill --kill-whom=main --signal=KILL jobd')
    await whenFiles(`${machine.root}${data}`, () => serverText() !== crashed && serverText() !== '')
    await submit('second')
    assert.equal(await out('systemctl stop jobd; systemctl is-active jobd || true'), 'inactive\n')
    writeFileSync(mark('first.go'), '')
    assert.equal(existsSync(serverFile()), false)
    await out('systemctl start jobd')
    assert.equal(await end('first'), 'Failed\n')
    assert.match(await client('get pods'), /second-\S+ +1\/1 +Running +0 /)
    assert.match(await client('logs job/first'), /^touch: .*Read-only file system\nhome \/root\n$/m)
  })

  test('a reboot ends pods, and their Jobs go on with others', async () => {
    rmSync(mark('second.started'))
    await machine.reboot()
    await appears(mark('second.started'))
    writeFileSync(mark('second.go'), '')
    assert.equal(await end('second'), 'Failed\n')
    const pods = await client('get pods')
    assert.equal(pods.match(/^second-.* Error /gm)?.length, 2, pods)
  })

  test('wrong flags fail with the reason, and are not tried again', async () => {
    const { code, err } = await machine.run(`${install} --event-ttl never`)
    assert.equal(code, 1)
    assert.match(err, /^wrote \S+, but 'systemctl restart jobd.service' failed: .*\n--event-ttl takes a duration .*\n$/)
    assert.equal(await out('systemctl show --property=ActiveState,NRestarts jobd'), 'NRestarts=0\nActiveState=failed\n')
    await out(install)
  })

  test('jobd down says who starts it again', async () => {
    const { code, err } = await machine.run(`${jobd} down --data-dir ${data}`)
    assert.deepEqual(
      [code, err],
      [0, "systemd, which started it, may start it again: 'systemctl stop jobd.service' keeps it down\n"],
    )
  })

  test('nothing of it is left when it is removed, but its data', async () => {
    const { code, err } = await machine.run(`${jobd} service uninstall --system`)
    assert.deepEqual([code, err], [0, 'removed /etc/systemd/system/jobd.service\n'])
    assert.equal(
      await out('systemctl list-units --all --no-legend "jobd*"; ls /etc/systemd/system | grep jobd || true'),
      '',
    )
    assert.ok(existsSync(`${machine.root}${data}/jobd.db`))
  })
})
