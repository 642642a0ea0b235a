/** Inside the machine: pods at their limits. Says what came of each, who limits, and which control groups are left. */
import { readdirSync } from 'node:fs'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Node, Pod } from '../../src/apis/core/index.ts'
import { startServer } from '../support/executable.ts'
import { connect, isOver, whenJob } from '../support/many-pods.ts'
import { requestsTo } from '../support/requests.ts'

type Case = { readonly script: string; readonly limits: object; readonly expected: string }

const HUNGRY = 'x=$(head -c 100000000 /dev/zero | tr "\\0" x)'
const CPU =
  'read -r quota period </sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cpu.max; [ $quota $period = "20000 100000" ]'
const CASES: Readonly<Record<string, Case>> = {
  neighbour: { script: 'sleep 20', limits: {}, expected: 'Completed 0' },
  hungry: { script: `${HUNGRY}; echo`, limits: { memory: '32Mi' }, expected: 'OOMKilled 137' },
  'hungry-child': { script: `sh -c '${HUNGRY}'; sleep 1`, limits: { memory: '32Mi' }, expected: 'OOMKilled 137' },
  'fork-bomb': { script: 'for i in $(seq 200); do sleep 3 & done', limits: {}, expected: 'Error 2' },
  slow: { script: CPU.replace('$quota $period', '"$quota $period"'), limits: { cpu: '200m' }, expected: 'Completed 0' },
}

const [, , group = '', data = ''] = process.argv
const server = await startServer(data, '--pod-pids-limit', '64')
const requests = requestsTo(server)
const { client, close } = await connect(server)

const nodes = (await requests.json('GET', '/api/v1/nodes')).value as { readonly items: readonly Node[] }
const limited = nodes.items[0]?.status.conditions?.find(({ type }) => type === 'LimitsEnforced')
judge('the node', limited?.status ?? 'says nothing', 'True', limited?.message)
await Promise.all(Object.entries(CASES).map(([name, each]) => run(name, each)))
requests.close()
await close()
await server.stop()
judge('groups that are left', String(groupsBelow(group).length), '0', groupsBelow(group).join())
console.log('DONE')

async function run(name: string, { script, limits, expected }: Case): Promise<void> {
  const containers = [{ name: 'main', image: 'host', command: ['sh', '-c', script], resources: { limits } }]
  const spec = { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers } } }
  const path = '/apis/batch/v1/namespaces/default/jobs'
  const created = await requests.json('POST', path, { metadata: { name }, spec })
  await whenJob(client, created.value as Job, isOver)
  // By a connection of its own: the other may have been idle for too long.
  const pods = await client.list<Pod>('pods', { namespace: 'default' })
  if (!pods.ok) throw new Error(pods.error.message)
  const pod = pods.value.items.find(({ metadata }) => metadata.labels?.['job-name'] === name)
  const end = pod?.status.containerStatuses?.[0]?.state?.terminated
  judge(name, `${end?.reason} ${end?.exitCode}`, expected, end?.message)
}

function judge(what: string, found: string, expected: string, more = ''): void {
  console.log(`${found === expected ? 'AS EXPECTED' : 'WRONG'} ${what}: ${found}${more === '' ? '' : `, ${more}`}`)
}

function groupsBelow(path: string): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('jobd')).map(({ name }) => name)
}
