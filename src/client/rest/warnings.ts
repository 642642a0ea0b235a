/**
 * The texts in `Warning:` headers, as servers send them: a code, an agent, a quoted text, perhaps a date.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/net/http.go, ParseWarningHeaders; client-go/rest/request.go, handleWarnings
 */
const warning = /(?:^|,)\s*(\d{3}) \S+ "((?:[^"\\]|\\.)*)"/g
/** The only code that is meant for people. */
const miscellaneous = '299'

/** One header may hold several, with commas between; what is no warning is left out. Node reads headers as latin1. */
export function warningTexts(headers: readonly string[]): readonly string[] {
  return headers.flatMap((header) =>
    [...Buffer.from(header, 'latin1').toString('utf8').matchAll(warning)]
      .filter(([, code]) => code === miscellaneous)
      .map(([, , text = '']) => text.replace(/\\(.)/g, '$1')),
  )
}
