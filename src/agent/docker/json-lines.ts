/** Reading a stream of JSON values of one line each, as engines send events and the progress of pulls. */
import type { Readable } from 'node:stream'

/** Calls back with each value; fulfilled when the stream is over, with why when it broke. */
export function readJsonLines<T>(stream: Readable, onValue: (value: T) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    let rest = ''
    const decoder = new TextDecoder()
    stream.on('data', (bytes: Buffer) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') onValue(JSON.parse(line) as T)
    })
    stream.once('end', () => resolve(undefined))
    stream.once('error', (error) => resolve(error.message))
    stream.once('close', () => resolve('the connection broke'))
  })
}
