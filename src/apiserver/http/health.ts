/**
 * Health checks: `/healthz`, `/livez`, `/readyz`, one check alone, all of them in words.
 *
 * @source kubernetes v1.36 apiserver/pkg/server/healthz/healthz.go
 */
import { type Exchange, pageNotFound, sendText } from './exchange.ts'

/** Tells what is wrong, in words for the log, or undefined when all is well. */
export type HealthCheck = {
  readonly name: string
  readonly check: () => string | undefined
  /** The roots it counts for: `readyz` alone for what only keeps the server from being ready. */
  readonly roots: readonly HealthRoot[]
}
export type HealthRoot = 'healthz' | 'livez' | 'readyz'

export const healthRoots: readonly HealthRoot[] = ['healthz', 'livez', 'readyz']

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')

function answerAll(x: Exchange, root: HealthRoot, checks: readonly HealthCheck[]): void {
  const excluded = new Set(x.query.get('exclude') ?? [])
  const failed: string[] = []
  let lines = ''
  for (const { name, check } of checks) {
    if (excluded.delete(name)) {
      lines += `[+]${name} excluded: ok\n`
      continue
    }
    const problem = check()
    if (problem === undefined) lines += `[+]${name} ok\n`
    else {
      // Anybody may ask: the reason is for the log only.
      lines += `[-]${name} failed: reason withheld\n`
      failed.push(name)
      x.log.warn('a health check failed', { root, check: name, problem })
    }
  }
  if (excluded.size > 0)
    lines += `warn: some health checks cannot be excluded: no matches for ${quoted([...excluded])}\n`
  if (failed.length > 0) sendText(x, 500, `${lines}${root} check failed\n`)
  else sendText(x, 200, x.query.has('verbose') ? `${lines}${root} check passed\n` : 'ok')
}

/** Answers a health path; false when the path is none. */
export function serveHealth(x: Exchange, checks: readonly HealthCheck[]): boolean {
  const [, root, ...rest] = x.info.path.split('/')
  if (!healthRoots.includes(root as HealthRoot)) return false
  const own = checks.filter(({ roots }) => roots.includes(root as HealthRoot))
  const name = rest.join('/')
  if (name === '') {
    answerAll(x, root as HealthRoot, own)
    return true
  }
  const single = own.find((check) => check.name === name)
  if (single === undefined) pageNotFound(x)
  else {
    const problem = single.check()
    if (problem === undefined) sendText(x, 200, 'ok')
    else sendText(x, 500, 'internal server error: reason withheld\n')
  }
  return true
}

/** All paths of the checks, for the index of the root. */
export const healthPaths = (checks: readonly HealthCheck[]): readonly string[] =>
  healthRoots.flatMap((root) => [
    `/${root}`,
    ...checks.filter(({ roots }) => roots.includes(root)).map(({ name }) => `/${root}/${name}`),
  ])
