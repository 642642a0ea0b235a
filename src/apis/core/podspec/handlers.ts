/**
 * Probes and life-cycle hooks.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateHandler, validateProbe, validateLifecycle
 */
import { type FieldError, forbiddenField, invalid, required } from '../../../apimachinery/index.ts'
import { isHTTPHeaderName, isNegativeText, isValidPortName, isValidPortNum } from '../../meta/index.ts'
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../types.gen.ts'
import { addInvalid, requireText, validateOneOf } from './formats.ts'

type Handler = Partial<Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>> & Pick<LifecycleHandler, 'sleep'>

/** A port by number or by the name of a container's port. */
export function validatePort(port: string | number | undefined, path: string, errors: FieldError[]): void {
  if (typeof port === 'string') addInvalid(errors, path, port, isValidPortName(port))
  else addInvalid(errors, path, port ?? 0, isValidPortNum(port ?? 0))
}

function validateHTTPGet(get: HTTPGetAction, path: string, errors: FieldError[]): void {
  requireText(get.path, `${path}.path`, errors)
  validatePort(get.port, `${path}.port`, errors)
  validateOneOf(get.scheme ?? '', ['HTTP', 'HTTPS'], `${path}.scheme`, errors)
  for (const { name } of get.httpHeaders ?? []) {
    addInvalid(errors, `${path}.httpHeaders`, name, isHTTPHeaderName(name))
  }
}

function validateHandler(handler: Handler, grace: number | undefined, path: string, errors: FieldError[]): void {
  let first = true
  const checkOne = (name: string, check: () => void): void => {
    if (first) check()
    else errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'))
    first = false
  }
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  if (exec !== undefined) {
    checkOne('exec', () => {
      if ((exec.command ?? []).length === 0) errors.push(required(`${path}.exec.command`))
    })
  }
  if (httpGet !== undefined) checkOne('httpGet', () => validateHTTPGet(httpGet, `${path}.httpGet`, errors))
  if (tcpSocket !== undefined) {
    checkOne('tcpSocket', () => validatePort(tcpSocket.port, `${path}.tcpSocket.port`, errors))
  }
  if (grpc !== undefined) checkOne('grpc', () => validatePort(grpc.port, `${path}.grpc.port`, errors))
  if (sleep !== undefined) {
    checkOne('sleep', () => {
      const seconds = sleep.seconds ?? 0
      if (grace === undefined || (seconds >= 0 && seconds <= grace)) return
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`
      errors.push(invalid(`${path}.sleep`, seconds, text))
    })
  }
  if (first) errors.push(required(path, 'must specify a handler type'))
}

const probeNumbers = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function validateProbe(probe: Probe, grace: number | undefined, path: string, errors: FieldError[]): void {
  const { exec, httpGet, tcpSocket, grpc } = probe
  validateHandler({ exec, httpGet, tcpSocket, grpc }, grace, path, errors)
  for (const name of probeNumbers) {
    const value = probe[name] ?? 0
    if (value < 0) errors.push(invalid(`${path}.${name}`, value, isNegativeText))
  }
  const own = probe.terminationGracePeriodSeconds
  if (own !== undefined && own <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, own, 'must be greater than 0'))
  }
}

type Probes = {
  readonly livenessProbe?: Probe | undefined
  readonly readinessProbe?: Probe | undefined
  readonly startupProbe?: Probe | undefined
}

/** The three probes of a container; a single success must do for liveness and start-up. */
export function validateProbes(container: Probes, grace: number | undefined, path: string, errors: FieldError[]): void {
  const { livenessProbe, readinessProbe, startupProbe } = container
  if (livenessProbe !== undefined) validateOneSuccess(livenessProbe, grace, `${path}.livenessProbe`, errors)
  if (readinessProbe !== undefined) {
    const at = `${path}.readinessProbe`
    validateProbe(readinessProbe, grace, at, errors)
    const own = readinessProbe.terminationGracePeriodSeconds
    if (own !== undefined) {
      errors.push(invalid(`${at}.terminationGracePeriodSeconds`, own, 'must not be set for readinessProbes'))
    }
  }
  if (startupProbe !== undefined) validateOneSuccess(startupProbe, grace, `${path}.startupProbe`, errors)
}

function validateOneSuccess(probe: Probe, grace: number | undefined, path: string, errors: FieldError[]): void {
  validateProbe(probe, grace, path, errors)
  const threshold = probe.successThreshold ?? 0
  if (threshold !== 1) errors.push(invalid(`${path}.successThreshold`, threshold, 'must be 1'))
}

/** Hooks of a container. `stopSignal` never gets here: its feature is off, so the field was dropped before. */
export function validateLifecycle(
  { postStart, preStop }: Lifecycle,
  grace: number | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (postStart !== undefined) validateHandler(postStart, grace, `${path}.postStart`, errors)
  if (preStop !== undefined) validateHandler(preStop, grace, `${path}.preStop`, errors)
}
