/** Values of a YAML document as Go prints them in errors: every number is a double there. */
import { quoted } from '../field/errors.ts'
import { isList, isObject } from './json-value.ts'

/** A double as Go's `%v` prints it: with an exponent when it is under 1e-4 or has more than six digits before the point. */
export function goFloat(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(value)
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** A value as `%v` prints it: `map[a:1 b:[x y]]`. */
export function goYamlText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return goFloat(value)
  if (isList(value)) return `[${value.map(goYamlText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value).sort()
  return `map[${members.map((key) => `${key}:${goYamlText(value[key])}`).join(' ')}]`
}

/** A value as `%#v` prints it, in Go's syntax. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (typeof value === 'number') return goFloat(value)
  if (typeof value === 'string') return quoted(value)
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value).sort()
  return `map[string]interface {}{${members.map((key) => `${quoted(key)}:${goSyntax(value[key])}`).join(', ')}}`
}

/** The type of a value as `%T` prints it. */
export function goYamlType(value: unknown): string {
  if (isList(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'float64' : 'string'
}
