/** What containers are told of the Services of their namespace. */
import type { Service, ServicePort } from '../../apis/core/index.ts'
import type { Environment } from './environment.ts'

/**
 * The variables of the Services of one namespace. Nothing forwards connections here: the address is that of every pod, and
 * the port that on which the pods behind the Service listen. Headless Services and those without a port have no variables.
 *
 * @source kubernetes v1.36 pkg/kubelet/envvars/envvars.go, FromServices
 */
export function serviceVariables(services: Iterable<Service>, addressOf: (service: Service) => string): Environment {
  const env: Record<string, string> = {}
  for (const service of services) {
    const { metadata, spec } = service
    const ports = spec.ports ?? []
    if (ports.length === 0 || spec.type === 'ExternalName' || spec.clusterIP === 'None') continue
    Object.assign(env, variablesOf(variableName(metadata.name ?? ''), ports, addressOf(service)))
  }
  return env
}

function variablesOf(name: string, ports: readonly ServicePort[], address: string): Environment {
  const env: Record<string, string> = { [`${name}_SERVICE_HOST`]: address }
  ports.forEach((port, index) => {
    const number = listeningPort(port)
    const protocol = port.protocol ?? 'TCP'
    const url = `${protocol.toLowerCase()}://${address}:${number}`
    const link = `${name}_PORT_${port.port}_${protocol}`
    if (index === 0) {
      env[`${name}_SERVICE_PORT`] = number
      env[`${name}_PORT`] = url
    }
    if (port.name !== undefined && port.name !== '') env[`${name}_SERVICE_PORT_${variableName(port.name)}`] = number
    env[link] = url
    env[`${link}_PROTO`] = protocol.toLowerCase()
    env[`${link}_PORT`] = number
    env[`${link}_ADDR`] = address
  })
  return env
}

/** A named target is another one for each pod: the Service's own number then has to do. */
const listeningPort = ({ port, targetPort }: ServicePort): string =>
  String(typeof targetPort === 'number' ? targetPort : port)

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')
