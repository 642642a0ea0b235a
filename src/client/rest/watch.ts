/** A watch over HTTP: lines of JSON as they come, many events in one call where they come together. */
import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { type KubeObject, plainError, type Status } from '../../apimachinery/index.ts'
import type { WatchEvent, WatchObserver } from '../client.ts'

type Frame = { readonly type: WatchEvent<KubeObject>['type'] | 'ERROR'; readonly object: KubeObject | Status }

/** A line longer than this is no event. */
const longestLine = 64 * 1024 * 1024

/** Hands the events of an open answer to an observer; the returned function stops it, after which nothing is called. */
export function readWatch<T extends KubeObject>(res: IncomingMessage, observer: WatchObserver<T>): () => void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let over = false
  const end = (status?: Status): void => {
    if (over) return
    over = true
    res.destroy()
    observer.onEnd(status)
  }
  const take = (lines: readonly string[]): void => {
    const events: WatchEvent<T>[] = []
    let failure: Status | undefined
    for (const line of lines) {
      if (line === '') continue
      let frame: Frame
      try {
        frame = JSON.parse(line) as Frame
      } catch {
        failure = plainError('the watch sent a line that is no JSON')
        break
      }
      if (frame.type === 'ERROR') {
        failure = frame.object as Status
        break
      }
      events.push(frame as WatchEvent<T>)
    }
    if (events.length > 0) observer.onEvents(events)
    if (failure !== undefined) end(failure)
  }
  res.on('data', (chunk: Buffer) => {
    if (over) return
    const text = decoder.write(chunk)
    const cut = text.lastIndexOf('\n')
    if (cut < 0) {
      rest += text
      if (rest.length > longestLine) end(plainError('the watch sent a line without end'))
      return
    }
    const whole = rest + text.slice(0, cut)
    rest = text.slice(cut + 1)
    take(whole.split('\n'))
  })
  res.on('end', () => end())
  // A connection that breaks is resumed like one that ended: from the last version seen.
  res.on('error', () => end())
  res.on('close', () => end())
  return () => {
    over = true
    res.destroy()
  }
}
