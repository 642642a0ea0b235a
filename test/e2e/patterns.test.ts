/** The patterns of the mission: the commands of each example's README, run word for word, and what comes of them counted. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { type Checkout, checkoutFor } from '../support/readme.ts'

/** Why an example cannot run here: names the packages that have its programs. */
function missing(packages: Readonly<Record<string, string>>): string | false {
  const absent = Object.entries(packages).filter(([program]) => !isOnPath(program))
  return absent.length === 0 ? false : `needs ${absent.map(([program, from]) => `${program} (${from})`).join(', ')}`
}

function isOnPath(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `PATH=/usr/lib/rabbitmq/bin:/usr/sbin:$PATH; command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const kubectl = { kubectl: 'the client of Kubernetes' }
const fruits = ['apple', 'banana', 'cherry', 'date', 'fig', 'grape', 'lemon', 'melon']
const lines = (text: string): readonly string[] => text.trimEnd().split('\n').sort()
const once = (word: string, items: readonly string[]) => items.map((item) => `${word} ${item}`)

describe('the patterns of the mission', { timeout: 600_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  let checkout: Checkout
  before(async () => {
    server = await startServer(join(path, 'data'))
    checkout = await checkoutFor(server, join(path, 'checkout'))
  })
  after(async () => {
    await checkout.attempt('kubectl delete job,cronjob,pod --all --now')
    await server.stop()
    dispose()
  })
  /** Runs the first block of a README; the others clean up. */
  const follow = (name: string): Promise<string> => checkout.run(checkout.blocks(name)[0] ?? '')
  const cleanUp = (name: string): Promise<string> => checkout.run(checkout.blocks(name).slice(1).join('\n'))
  const logsOf = async (selector: string): Promise<readonly string[]> =>
    lines(await checkout.run(`kubectl logs -l ${selector} --tail=-1 --max-log-requests=20`))

  test('template expansion: a Job for each item', { skip: missing(kubectl) }, async () => {
    await follow('expansion')
    assert.deepEqual(await logsOf('jobgroup=jobexample'), once('Processing item', ['apple', 'banana', 'cherry']))
    await cleanUp('expansion')
    assert.equal(await checkout.run('kubectl get jobs,pods -l jobgroup=jobexample -o name'), '')
  })

  const rabbit = { ...kubectl, 'rabbitmq-server': 'rabbitmq-server', 'amqp-consume': 'amqp-tools' }
  test('a queue with a pod for each item, on RabbitMQ', { skip: missing(rabbit) }, async () => {
    await follow('queue-per-item')
    assert.deepEqual(await logsOf('job-name=job-wq-1'), once('Processing', fruits))
    assert.equal(lines(await checkout.run('kubectl get pods -l job-name=job-wq-1 -o name')).length, fruits.length)
    const url = /amqp:\S+/.exec(checkout.blocks('queue-per-item')[0] ?? '')?.[0]
    assert.equal((await checkout.attempt(`amqp-get --url=${url} -q job1`)).code, 2, 'the queue is empty')
    await cleanUp('queue-per-item')
    await checkout.run('kubectl wait --for=delete pod/rabbitmq --timeout=120s')
    assert.equal((await checkout.attempt(`amqp-get --url=${url} -q job1`)).code, 1, 'nobody listens any more')
  })

  const redis = { ...kubectl, 'redis-server': 'redis-server', 'redis-cli': 'redis-tools' }
  test('a queue with a variable number of pods, on Redis', { skip: missing(redis) }, async () => {
    await follow('queue-shared')
    const said = await logsOf('job-name=job-wq-2')
    assert.deepEqual(
      said.filter((line) => line.startsWith('Working')),
      once('Working on', [...fruits, 'orange']),
    )
    assert.equal(said.filter((line) => line === 'Queue empty, exiting').length, 2)
    const count = "kubectl get job job-wq-2 -o jsonpath='{.status.succeeded}'"
    assert.equal(await checkout.run(count), '2')
    await cleanUp('queue-shared')
  })

  test('static assignment by index', { skip: missing(kubectl) }, async () => {
    const [alone = '', withServer = ''] = checkout.blocks('indexed')
    const wanted = ['oof', 'rab', 'xuq', 'zab', 'zyx']
    assert.deepEqual(lines((await checkout.run(alone)).replaceAll(/^\[.*?\] /gm, '')), wanted)
    const said = await checkout.run(withServer)
    for (const word of wanted) assert.equal(said.split('\n').filter((line) => line === word).length, 1, word)
    assert.match(said, /^0-4job.batch "indexed-job" deleted/m)
  })

  test('a bare pod is gone when it is deleted, a Job makes another', { skip: missing(kubectl) }, async () => {
    const said = await follow('bare-pod')
    assert.match(said, /^kept-\S+ +0\/1 +Completed/m)
    assert.doesNotMatch(said, /^bare/m)
    await cleanUp('bare-pod')
  })

  test('a Job whose pod makes Jobs with kubectl, within its rights', { skip: missing(kubectl) }, async () => {
    const said = await follow('controller-pod')
    assert.deepEqual(said.trimEnd().split('\n').slice(-3), once('worked on', ['apple', 'banana', 'cherry']))
    await checkout.run(
      'kubectl delete job controller; kubectl wait --for=delete job -l parent=controller --timeout=120s',
    )
    assert.equal(await checkout.run('kubectl get jobs,pods -o name'), '')
    await checkout.run('kubectl delete rolebinding controller')
    await checkout.run('kubectl apply -f examples/controller-pod/with-kubectl.yaml')
    await checkout.run('kubectl wait --for=condition=failed --timeout=120s job/controller')
    assert.match(await checkout.run('kubectl logs -l job-name=controller 2>&1'), /forbidden.*controller" cannot create/)
    await checkout.run('kubectl delete -f examples/controller-pod/with-kubectl.yaml')
  })

  test('a Job whose pod makes a pod with HTTPS', { skip: missing({ ...kubectl, curl: 'curl' }) }, async () => {
    await checkout.run('kubectl apply -f examples/controller-pod/rbac.yaml')
    const said = await checkout.run(checkout.blocks('controller-pod')[1] ?? '')
    assert.match(said, /^hello from the child$/m)
    assert.equal((await checkout.attempt('kubectl get pod child')).code, 1)
    await checkout.run('kubectl delete -f examples/controller-pod/with-curl.yaml')
  })

  /** An example with other numbers, so that a test need not take minutes. */
  const adapted = (example: string, changes: readonly (readonly [string, string])[]): string => {
    const file = join(checkout.path, 'examples', example)
    let text = readFileSync(file, 'utf8')
    for (const [from, to] of changes) {
      assert.ok(text.includes(from), `${example} has ${from}`)
      text = text.replace(from, to)
    }
    writeFileSync(file, text)
    return `examples/${example}`
  }
  const endless = '"-e", "sleep"'
  const pi = '"-Mbignum=bpi", "-wle", "print bpi(2000)"'

  test('π that takes longer than its deadline fails and is ended', { skip: missing(kubectl) }, async () => {
    const file = adapted('mission/job-timeout.yaml', [
      ['activeDeadlineSeconds: 100', 'activeDeadlineSeconds: 1'],
      [pi, endless],
    ])
    await checkout.run(
      `kubectl apply -f ${file}; kubectl wait --for=condition=failed --timeout=120s job/pi-with-timeout`,
    )
    const reasons = "kubectl get job pi-with-timeout -o jsonpath='{.status.conditions[*].reason}'"
    assert.match(await checkout.run(reasons), /^DeadlineExceeded( DeadlineExceeded)?$/)
    assert.equal(await checkout.run('kubectl get pods -l job-name=pi-with-timeout -o name'), '')
    await checkout.run('kubectl delete job pi-with-timeout')
  })

  test('π is deleted with its pods when its time to live is over', { skip: missing(kubectl) }, async () => {
    const file = adapted('mission/job-ttl.yaml', [
      ['ttlSecondsAfterFinished: 100', 'ttlSecondsAfterFinished: 2'],
      [pi, '"-e", "print 3.14"'],
    ])
    await checkout.run(`kubectl apply -f ${file}; kubectl wait --for=delete --timeout=120s job/pi-with-ttl`)
    const reasons = 'kubectl get events --field-selector involvedObject.name=pi-with-ttl -o custom-columns=:.reason'
    assert.match(await checkout.run(reasons), /Completed/)
    assert.equal(await checkout.run('kubectl get pods -l job-name=pi-with-ttl -o name'), '')
  })

  test('manifests in CI, on a server of their own, end as their Job does', { skip: missing(kubectl) }, async () => {
    const [alone = '', several = '', schedule = ''] = checkout.blocks('ci')
    await checkout.run(alone)
    assert.equal(readFileSync(join(checkout.path, 'migrate.log'), 'utf8'), 'migrating to 1.2.3\n')
    const said = await checkout.run(several)
    assert.match(said, /^migrating to 1\.2\.3$/m)
    assert.match(said, /^the report of \d{4}-\d\d-\d\d$/m)
    await checkout.run(schedule)
    const { entries } = JSON.parse(readFileSync(join(checkout.path, 'schedule.json'), 'utf8'))
    assert.deepEqual(
      entries.filter(({ kind }: { kind: string }) => kind === 'Started').map(({ time }: { time: string }) => time),
      ['2026-03-27T01:30:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z'],
    )
    adapted('ci/migrate.yaml', [['echo "migrating to $VERSION"', 'exit 3']])
    assert.equal((await checkout.attempt(several)).code, 3)
  })

  test('a CronJob greets by the clock, and when asked to', { skip: missing(kubectl) }, async () => {
    await checkout.run('kubectl apply -f examples/cronjob/cronjob.yaml')
    await checkout.run('kubectl create job --from=cronjob/hello hello-now')
    await checkout.run('kubectl wait --for=condition=complete --timeout=120s job/hello-now')
    const words = /Hello from the Kubernetes cluster/
    assert.match(await checkout.run('kubectl logs job/hello-now'), words)
    const often = adapted('cronjob/cronjob.yaml', [['"* * * * *"', '"@every 1s"\n  successfulJobsHistoryLimit: 100']])
    await checkout.run(`kubectl apply -f ${often}`)
    await checkout.run("kubectl wait cronjob/hello --for=jsonpath='{.status.lastScheduleTime}' --timeout=120s")
    await checkout.run(`kubectl patch cronjob hello -p '{"spec":{"suspend":true}}'; kubectl delete job hello-now`)
    await checkout.run('kubectl wait --for=condition=complete job --all --timeout=120s')
    assert.match(await checkout.run((checkout.blocks('cronjob')[1] ?? '').split('\n')[0] ?? ''), words)
    await checkout.run('kubectl delete cronjob hello')
  })
})
