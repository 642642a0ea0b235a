/** Log lines on stderr: a time, a level, a message, and fields as key=value. */
import { formatTime, type Log, type LogFields } from '../base/index.ts'
import { realClock } from './real.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export function stderrLog(level: LogLevel): Log {
  const least = logLevels.indexOf(level)
  const at =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(own) < least) return
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${valueText(value)}`)
      process.stderr.write(`${formatTime(realClock.now())} ${own} ${oneLine(message)}${pairs.join('')}\n`)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const valueText = (value: LogFields[string]): string =>
  typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)

/** A message with line breaks must not be able to look like two log lines. */
const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ')
