/** Certificates of a server that runs for years: looked at twice a day, made anew in time. */
import { type Clock, type Log, millis } from '../../base/index.ts'
import { type Certificates, ensureCertificates } from './certificates.ts'

export type RenewalOptions = {
  readonly dataDir: string
  readonly hosts: readonly string[]
  readonly clock: Clock
  readonly log: Log
  readonly current: Certificates
  /** Serve with them and write the kubeconfig anew. */
  readonly onRenewed: (certificates: Certificates) => void
}

const interval = millis(12 * 3_600_000)

const same = (a: Certificates, b: Certificates): boolean =>
  a.ca === b.ca && a.server.cert === b.server.cert && a.admin.cert === b.admin.cert

/** Starts looking; the returned function ends it. A failure is told in the log and tried again the next time. */
export function keepCertificates({ dataDir, hosts, clock, log, current, onRenewed }: RenewalOptions): () => void {
  let known = current
  let stopped = false
  let cancel: () => void
  const schedule = (): void => {
    cancel = clock.wake(interval, look)
  }
  const look = (): void => {
    try {
      const found = ensureCertificates({ dataDir, hosts, now: clock.now() })
      if (!stopped && !same(found, known)) {
        known = found
        log.info('certificates were renewed')
        onRenewed(found)
      }
    } catch (error) {
      log.error('certificates cannot be renewed', { error: error instanceof Error ? error.message : String(error) })
    }
    if (!stopped) schedule()
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}
