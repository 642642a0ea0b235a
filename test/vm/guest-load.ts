/** Inside the machine: says what jobd has on /data, then writes until the power goes, and says what was acknowledged. */
import { existsSync, readFileSync } from 'node:fs'
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import { startServer } from '../support/executable.ts'
import { connect, isOver, whenJob } from '../support/many-pods.ts'
import { requestsTo } from '../support/requests.ts'

type List = { readonly metadata: { readonly resourceVersion: string }; readonly items: readonly KubeObject[] }

const [, , round, what] = process.argv
const server = await startServer('/data/jobd')
const requests = requestsTo(server)
const MAPS = '/api/v1/namespaces/default/configmaps'
const JOBS = '/apis/batch/v1/namespaces/default/jobs'
const nameOf = ({ metadata: { name, uid } }: KubeObject) => `${name}=${uid}`

const lists = [(await requests.json('GET', MAPS)).value as List, (await requests.json('GET', JOBS)).value as List]
const starts = () => (existsSync('/data/starts') ? readFileSync('/data/starts', 'utf8').trimEnd().split('\n') : [])
const revision = Math.max(...lists.map(({ metadata }) => Number(metadata.resourceVersion)))
console.log(
  `HAVE ${JSON.stringify({ revision, objects: lists.flatMap(({ items }) => items.map(nameOf)), starts: starts() })}`,
)

if (what === 'settle') {
  const { client } = await connect(server)
  const listed = await client.list<Job>('jobs.batch', { namespace: 'default' })
  if (!listed.ok) throw new Error(listed.error.message)
  const { items, resourceVersion } = listed.value
  // From the list on: a server that has just started need not know what came before.
  const open = items
    .filter((job) => !isOver(job))
    .map((job) => ({ ...job, metadata: { ...job.metadata, resourceVersion } }))
  await Promise.all(open.map((job) => whenJob(client, job, isOver)))
  console.log(`SETTLED ${JSON.stringify(starts())}`)
} else await Promise.all(['a', 'b', 'c'].map(write))

async function write(client: string): Promise<never> {
  for (let count = 0; ; count++) {
    const name = `r${round}${client}${count}`
    const isJob = count % 8 === 7
    const object = isJob ? jobOf(name) : { metadata: { name }, data: { a: 'x'.repeat((count % 100) * 20) } }
    const { code, text, value } = await requests.json('POST', isJob ? JOBS : MAPS, object)
    const { metadata } = value as KubeObject
    if (code === 201) console.log(`ACKNOWLEDGED ${name}=${metadata.uid} ${metadata.resourceVersion}`)
    else console.log(`REFUSED ${code} ${text}`)
  }
}

/** Its container writes that it has started to the disk, before all else. */
function jobOf(name: string): object {
  const script = `echo ${name} $JOBD_POD_UID >>/data/starts; sync /data/starts; sleep 0.2`
  const volumeMounts = [{ name: 'data', mountPath: '/data' }]
  const containers = [{ name: 'main', image: 'host', command: ['sh', '-c', script], volumeMounts }]
  const volumes = [{ name: 'data', hostPath: { path: '/data' } }]
  return {
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers, volumes } } },
  }
}
