/** Programs that misbehave, and what a node has not got: named on the pod, bounded, and no other pod is the worse for it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Node, Pod, PodSpec } from '../../src/apis/core/index.ts'
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { createPod, deletePod, isOver, logOf, refOf, whenPod, whenTold } from '../support/lone-pods.ts'
import { type Connection, connect } from '../support/many-pods.ts'

describe('pods that misbehave', { timeout: 300_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  let connection: Connection
  before(async () => {
    server = await startServer(
      path,
      '--resource',
      'nvidia.com/gpu=2',
      '--resource',
      'example.com/licence=1',
      '--pod-pids-limit',
      '64',
    )
    connection = await connect(server)
  })
  after(async () => {
    await connection.close()
    await server.stop()
    dispose()
  })
  const create = (name: string, script: string, spec: Partial<PodSpec> = {}, own: object = {}): Promise<void> =>
    createPod(connection.client, name, script, spec, own)
  const until = (name: string, isSo: (pod: Pod) => boolean): Promise<Pod> => whenPod(connection.client, name, isSo)
  const told = (name: string, reason: string): Promise<string> =>
    whenTold(connection.client, name, (event) => event.reason === reason)
  const isReady = ({ status }: Pod): boolean => status.containerStatuses?.[0]?.ready === true
  const terminated = ({ status }: Pod) => status.containerStatuses?.[0]?.state?.terminated
  const log = (name: string, query = ''): Promise<Buffer> => logOf(server, name, query)
  const gpus = (name: string, count: number) => ({ resources: { limits: { [name]: String(count) } } })

  test('a program that ignores SIGTERM is killed when its grace period is over', async () => {
    await create('deaf', "trap '' TERM; echo up; while :; do sleep 1; done", { terminationGracePeriodSeconds: 1 })
    await until('deaf', isReady)
    await deletePod(connection.client, 'deaf')
  })

  test('a fork bomb is held at the limit, named on its pod and the node, and harms no other', async () => {
    await create('bomb', 'bomb() { [ "$1" = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait; }; sleep 1; }; bomb 9')
    await create('neighbour', 'echo fine')
    assert.equal(terminated(await until('neighbour', isOver))?.exitCode, 0)
    assert.match(await told('bomb', 'LimitReached'), /64.*--pod-pids-limit/)
    await connection.client.delete(refOf('bomb'), { gracePeriodSeconds: 0 })
    const nodes = await connection.client.list<Node>('nodes', {})
    const conditions = nodes.ok ? nodes.value.items[0]?.status.conditions : []
    const limits = conditions?.find(({ type }) => type === 'LimitsEnforced')
    assert.match(limits?.message ?? '', /pids: .*at most 64 processes/)
  })

  test('binary output comes back byte for byte', async () => {
    await create(
      'binary',
      'head -c 300000 /dev/urandom | tee /dev/stderr | sha256sum | cut -c1-64 >/dev/termination-log',
    )
    const pod = await until('binary', isOver)
    const bytes = await log('binary')
    assert.equal(bytes.length, 300_000)
    assert.equal(createHash('sha256').update(bytes).digest('hex'), terminated(pod)?.message?.trim())
  })

  test('a hundred million bytes without a newline cost the server no memory', async () => {
    await create('endless-line', 'head -c 100000000 /dev/zero | tr "\\0" x')
    await until('endless-line', isOver)
    const end = await log('endless-line', '?limitBytes=10')
    assert.equal(end.toString(), 'xxxxxxxxxx')
    const tail = await log('endless-line', '?tailLines=1&limitBytes=5')
    assert.equal(tail.toString(), 'xxxxx')
  })

  test('a program that ends as soon as it starts is judged by its exit code', async () => {
    await Promise.all([...Array(20).keys()].map((index) => create(`quick-${index}`, `exit ${index}`)))
    for (let index = 0; index < 20; index++) {
      assert.equal(terminated(await until(`quick-${index}`, isOver))?.exitCode, index)
    }
  })

  test('a volume whose source has vanished keeps its pod waiting, and says so', async () => {
    const volumes = [{ name: 'v', hostPath: { path: `${path}/vanished` } }]
    await create('sourceless', 'true', { volumes }, { volumeMounts: [{ name: 'v', mountPath: '/jobd-v' }] })
    assert.match(await told('sourceless', 'FailedMount'), /hostPath \S+vanished does not exist/)
    await connection.client.delete(refOf('sourceless'), { gracePeriodSeconds: 0 })
  })

  test('what the node has not got keeps a pod waiting, with the reason', async () => {
    await create('licensed', 'sleep 1000', {}, gpus('example.com/licence', 1))
    await until('licensed', ({ status }) => status.phase === 'Running')
    await create('second', 'true', {}, gpus('example.com/licence', 1))
    assert.match(
      await told('second', 'FailedScheduling'),
      /^0\/1 nodes are available: 1 Insufficient example.com\/licence\. /,
    )
    await connection.client.delete(refOf('licensed'), { gracePeriodSeconds: 0 })
    await until('second', isOver)
  })

  test('GPUs are handed out by CUDA_VISIBLE_DEVICES, each to one pod', async () => {
    const script = 'echo "[$CUDA_VISIBLE_DEVICES]"; sleep 1000'
    await create('gpu-a', script, {}, gpus('nvidia.com/gpu', 1))
    await create('gpu-b', script, {}, gpus('nvidia.com/gpu', 1))
    await create('no-gpu', 'echo "[$CUDA_VISIBLE_DEVICES]"')
    for (const name of ['gpu-a', 'gpu-b']) await until(name, ({ status }) => status.phase === 'Running')
    await create('gpu-both', 'echo "[$CUDA_VISIBLE_DEVICES]"', {}, gpus('nvidia.com/gpu', 2))
    assert.match(await told('gpu-both', 'FailedScheduling'), /1 Insufficient nvidia.com\/gpu/)
    const first = async (name: string): Promise<string> => {
      for (;;) {
        const text = (await log(name)).toString()
        if (text !== '') return text
      }
    }
    assert.deepEqual([await first('gpu-a'), await first('gpu-b')].sort(), ['[0]\n', '[1]\n'])
    for (const name of ['gpu-a', 'gpu-b']) await connection.client.delete(refOf(name), { gracePeriodSeconds: 0 })
    await until('gpu-both', isOver)
    assert.equal((await log('gpu-both')).toString(), '[0,1]\n')
    await until('no-gpu', isOver)
    assert.equal((await log('no-gpu')).toString(), '[]\n')
  })
})
