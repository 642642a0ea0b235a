/** Requests over HTTPS at 32 connections. */
import { join } from 'node:path'
import { root, runProgram, type Server, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import type { Case, Figures } from '../measure.ts'

const job = JSON.stringify({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'load-{i}', labels: { app: 'load' } },
  spec: {
    suspend: true,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'example.com/work:1',
            command: ['sh', '-c', 'true'],
            env: [{ name: 'A', value: 'b' }],
          },
        ],
      },
    },
  },
})
const jobs = '/apis/batch/v1/namespaces/default/jobs'

async function load(server: Server, count: number, method: string, path: string, body = ''): Promise<Figures> {
  const args = [join(root, 'bench/load.ts'), server.url, server.kubeconfig, '32', String(count), method, path, body]
  const { code, out, err } = await runProgram(process.execPath, args)
  if (code !== 0) throw new Error(`the load generator failed: ${err}`)
  return JSON.parse(out) as Figures
}

async function onServer(act: (server: Server) => Promise<Figures>): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, '--runtime', 'none')
  try {
    return await act(server)
  } finally {
    await server.stop()
    dispose()
  }
}

export const requestCases: readonly Case[] = [
  {
    name: 'creates',
    run: () =>
      onServer(async (server) => {
        await load(server, 3000, 'POST', '/api/v1/namespaces/default/configmaps', '{"metadata":{"name":"warm-{i}"}}')
        return await load(
          server,
          20_000,
          'POST',
          '/api/v1/namespaces/default/configmaps',
          '{"metadata":{"name":"c-{i}"},"data":{"key":"value"}}',
        )
      }),
  },
  {
    name: 'creates-jobs',
    run: () =>
      onServer(async (server) => {
        await load(server, 1000, 'POST', jobs, job.replace('load-', 'warm-'))
        return await load(server, 10_000, 'POST', jobs, job)
      }),
  },
  {
    name: 'gets',
    run: () =>
      onServer(async (server) => {
        await load(server, 100, 'POST', jobs, job)
        await load(server, 5000, 'GET', `${jobs}/load-7`)
        return await load(server, 40_000, 'GET', `${jobs}/load-7`)
      }),
  },
  {
    name: 'list-10000-jobs',
    run: () =>
      onServer(async (server) => {
        await load(server, 10_000, 'POST', jobs, job)
        const args = [join(root, 'bench/load.ts'), server.url, server.kubeconfig, '1', '10', 'GET', jobs]
        return JSON.parse((await runProgram(process.execPath, args)).out) as Figures
      }),
  },
]
