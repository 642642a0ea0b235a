/**
 * Paths inside volumes and containers.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateLocalDescendingPath and its callers
 */
import { type FieldError, invalid } from '../../../apimachinery/index.ts'

/** No `..` among the parts of a path. */
export function validateNoBacksteps(path: string, field: string, errors: FieldError[]): void {
  if (path.includes('..') && path.split('/').includes('..')) errors.push(invalid(field, path, "must not contain '..'"))
}

/** A relative path without `..`. */
export function validateDescendingPath(path: string, field: string, errors: FieldError[]): void {
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'))
  validateNoBacksteps(path, field, errors)
}

/** A relative path whose first part does not start with `..`: such names are kept for the kubelet. */
export function validateNonReservedPath(path: string, field: string, errors: FieldError[]): void {
  validateDescendingPath(path, field, errors)
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(field, path, "must not start with '..'"))
}

/** Permission bits of a file. */
export function validateFileMode(mode: number | undefined, field: string, errors: FieldError[]): void {
  if (mode !== undefined && (mode > 0o777 || mode < 0)) {
    errors.push(invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive'))
  }
}
