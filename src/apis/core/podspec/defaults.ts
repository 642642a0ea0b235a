import type { PodSpec } from '../types.gen.ts'

/** Fills what upstream fills in a pod spec. Idempotent; shares unchanged parts. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const filled = {
    ...spec,
    restartPolicy: spec.restartPolicy || 'Always',
    dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
    schedulerName: spec.schedulerName || 'default-scheduler',
    securityContext: spec.securityContext ?? {},
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
  }
  return filled
}
