/** `node when-job-over.ts KUBECONFIG JOB`: ends once a Job of the namespace default is over, and prints how. */
import type { Job } from '../../src/apis/batch/index.ts'
import { connect, isOver, whenObject } from './many-pods.ts'

const [kubeconfig = '', name = ''] = process.argv.slice(2)
const { client, close } = await connect({ kubeconfig })
const selection = { namespace: 'default', fieldSelector: `metadata.name=${name}` }
const job = await whenObject<Job>(client, 'jobs.batch', selection, isOver)
console.log(job.status.conditions?.findLast(({ status }) => status === 'True')?.type)
await close()
