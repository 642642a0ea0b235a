/**
 * Failures as the API tells them: one constructor per reason. Nobody else writes reasons or codes.
 *
 * @source kubernetes v1.36 apimachinery/pkg/api/errors (facts: codes, reasons, texts)
 */
import type { GroupVersionKind } from './object.ts'
import { qualified } from './object.ts'
import type { Status, StatusCause, StatusDetails } from './types.gen.ts'

/** Who an error is about: the resource of the URL and, where known, the object's name. */
export type Subject = { readonly resource: string; readonly group: string; readonly name?: string | undefined }

type Failure = { code: number; reason?: string; message: string; details?: StatusDetails }

function failure({ code, reason, message, details }: Failure): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  }
}

function detailsOf({ resource, group, name }: Subject, rest: StatusDetails = {}): StatusDetails {
  return { ...(name ? { name } : {}), ...(group === '' ? {} : { group }), kind: resource, ...rest }
}

const named = ({ resource, group, name }: Subject): string => `${qualified(resource, group)} "${name ?? ''}"`

export const notFound = (subject: Subject): Status =>
  failure({ code: 404, reason: 'NotFound', message: `${named(subject)} not found`, details: detailsOf(subject) })

/** No such route, or a kind that is not served. */
export const routeNotFound = (): Status =>
  failure({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  })

export const alreadyExists = (subject: Subject): Status =>
  failure({
    code: 409,
    reason: 'AlreadyExists',
    message: `${named(subject)} already exists`,
    details: detailsOf(subject),
  })

export const conflict = (subject: Subject, why: string): Status =>
  failure({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${named(subject)}: ${why}`,
    details: detailsOf(subject),
  })

/** The text of a conflict on resourceVersion. */
export const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export const forbidden = (subject: Subject, why: string, causes?: readonly StatusCause[]): Status => {
  const who = subject.name ? named(subject) : qualified(subject.resource, subject.group)
  return failure({
    code: 403,
    reason: 'Forbidden',
    message: `${who} is forbidden: ${why}`,
    details: detailsOf(subject, causes === undefined ? {} : { causes }),
  })
}

export const unauthorized = (): Status => failure({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })

export const badRequest = (message: string): Status => failure({ code: 400, reason: 'BadRequest', message })

/** A manifest that breaks rules of its kind. `causes` are the field errors; `message` is built from them by `invalid`. */
export const invalidStatus = (
  { group, kind }: Omit<GroupVersionKind, 'version'>,
  name: string,
  message: string,
  causes: readonly StatusCause[],
): Status =>
  failure({
    code: 422,
    reason: 'Invalid',
    message: `${qualified(kind, group)} "${name}" is invalid: ${message}`,
    details: { ...(name ? { name } : {}), ...(group === '' ? {} : { group }), ...(kind ? { kind } : {}), causes },
  })

/** A patch that cannot be applied: the reason stays in the server. */
export const rejectedRequest = (): Status =>
  failure({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  })

/** Fields of an applied object that other managers own. */
export const applyConflict = (message: string, causes: readonly StatusCause[]): Status =>
  failure({ code: 409, reason: 'Conflict', message, details: { causes } })

export const expired = (message: string): Status => failure({ code: 410, reason: 'Expired', message })

export const methodNotAllowed = (message: string): Status =>
  failure({ code: 405, reason: 'MethodNotAllowed', message, details: {} })

export const notAcceptable = (message: string): Status => failure({ code: 406, reason: 'NotAcceptable', message })

export const unsupportedMediaType = (message: string): Status =>
  failure({ code: 415, reason: 'UnsupportedMediaType', message })

export const tooLarge = (message: string): Status => failure({ code: 413, reason: 'RequestEntityTooLarge', message })

export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: readonly StatusCause[]): Status =>
  failure({
    code: 429,
    reason: 'TooManyRequests',
    message,
    details: { ...(causes === undefined ? {} : { causes }), retryAfterSeconds },
  })

/** A failure with a code and no reason, as upstream has for plain errors. */
export const plainError = (message: string, code = 500): Status => failure({ code, message })

export const internalError = (message: string): Status =>
  failure({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  })

export const timeout = (message: string, causes: readonly StatusCause[] = [], retryAfterSeconds?: number): Status =>
  failure({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${message}`,
    details: {
      ...(causes.length ? { causes } : {}),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  })

export const serviceUnavailable = (message: string): Status =>
  failure({ code: 503, reason: 'ServiceUnavailable', message })

/** Rejects a Promise where one must reject; everywhere else a Status is returned as a value. */
export class StatusError extends Error {
  readonly status: Status
  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown failure')
    this.name = 'StatusError'
    this.status = status
  }
}

export const isNotFound = (status: Status): boolean => status.reason === 'NotFound'
export const isConflict = (status: Status): boolean => status.reason === 'Conflict'
export const isAlreadyExists = (status: Status): boolean => status.reason === 'AlreadyExists'
export const isExpired = (status: Status): boolean => status.reason === 'Expired' || status.reason === 'Gone'
/** Whether a failure says that the namespace is being deleted. */
export const isNamespaceTerminating = (status: Status): boolean =>
  status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true
