import type { ContainerPort, PodSpec } from '../types.gen.ts'
import { visitContainers } from './visit.ts'

/**
 * Ports of a pod that stand in each other's way.
 *
 * @source kubernetes v1.36 pkg/api/pod/warnings.go, warningsForPodSpecAndMeta
 */
export function portWarnings(spec: PodSpec, path: string): readonly string[] {
  const warnings: string[] = []
  const byNumber = new Map<string, { readonly path: string; readonly port: ContainerPort }[]>()
  visitContainers(spec, path, ({ ports = [] }, at) => {
    ports.forEach((port, index) => {
      const here = `${at}.ports[${index}]`
      if (port.hostIP && !port.hostPort) warnings.push(`${here}: hostIP set without hostPort: ${shownPort(port)}`)
      const key = `${port.containerPort}/${port.protocol ?? ''}`
      const others = byNumber.get(key) ?? []
      for (const other of others) {
        const clash = clashOf(port, other.port)
        if (clash !== undefined) warnings.push(`${here}: ${clash} port definition with ${other.path}`)
      }
      byNumber.set(key, [...others, { path: here, port }])
    })
  })
  const byName = new Map<string, string>()
  visitContainers(spec, path, ({ ports = [] }, at) => {
    ports.forEach(({ name }, index) => {
      if (!name) return
      const here = `${at}.ports[${index}]`
      const first = byName.get(name)
      if (first === undefined) byName.set(name, here)
      else {
        const text = `services and probes that select ports by name will use ${first}`
        warnings.push(`${here}: duplicate port name ${JSON.stringify(name)} with ${first}, ${text}`)
      }
    })
  })
  return warnings
}

function clashOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [aPort, bPort] = [a.hostPort ?? 0, b.hostPort ?? 0]
  const [aIP, bIP] = [a.hostIP ?? '', b.hostIP ?? '']
  if (aIP === bIP && aPort === bPort) return 'duplicate'
  if (aPort === 0 || bPort === 0) return 'overlapping'
  return aPort === bPort && (aIP === '') !== (bIP === '') ? 'dangerously ambiguous' : undefined
}

/** A port as upstream prints the structure. */
const shownPort = ({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
