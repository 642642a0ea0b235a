/**
 * The formats of names, labels, keys and ports, under upstream's names. Each check takes one text (or number) and
 * returns what is wrong with it, as upstream words it; an empty list means that nothing is.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/validation (facts: names, texts)
 */
import { patternProblem } from '../../apimachinery/index.ts'

export {
  cIdentifierProblems as isCIdentifier,
  configMapKeyProblems as isConfigMapKey,
  dns1035LabelProblems as isDNS1035Label,
  dns1123LabelProblems as isDNS1123Label,
  dns1123SubdomainProblems as isDNS1123Subdomain,
  envVarNameProblems as isRelaxedEnvVarName,
  httpHeaderNameProblems as isHTTPHeaderName,
  labelValueProblems as isLabelValue,
  pathSegmentNameProblems as isPathSegmentName,
  pathSegmentPrefixProblems as isPathSegmentPrefix,
  percentProblems as isValidPercent,
  portNameProblems as isValidPortName,
  portNumberProblems as isValidPortNum,
  qualifiedNameProblems as isLabelKey,
  rangeProblems as isInRange,
  strictEnvVarNameProblems as isEnvVarName,
  underscoredSubdomainProblems as isDNS1123SubdomainWithUnderscore,
  unixIdProblems as isValidUserID,
  wildcardSubdomainProblems as isWildcardDNS1123Subdomain,
} from '../../apimachinery/index.ts'

/** What is wrong with a text: one sentence for each broken rule. */
export type FormatCheck = (value: string) => readonly string[]

/** Upstream counts bytes of UTF-8 where it says characters. */
export function byteLength(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) bytes += 1
    else if (code < 0x800) bytes += 2
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}

export const emptyText = 'must be non-empty'
export const inclusiveRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`
export const isNegativeText = 'must be greater than or equal to 0'
export const immutableText = 'field is immutable'

const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonPattern = new RegExp(`^${reasonFormat}$`)

/** The reason of a condition: one word. */
export const isConditionReason: FormatCheck = (value) =>
  reasonPattern.test(value)
    ? []
    : [
        patternProblem(
          "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
          reasonFormat,
          ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'],
        ),
      ]
