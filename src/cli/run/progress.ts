/** What a Job is doing: one line that is rewritten on a terminal, plain lines elsewhere. */
import type { Job } from '../../apis/batch/index.ts'
import { type Clock, millis } from '../../base/index.ts'
import type { Terminal } from '../connection.ts'

export type Progress = {
  readonly onJob: (job: Job) => void
  /** A line of news, above the status line. */
  readonly say: (line: string) => void
  /** Output of the pods: the status line steps aside for it. */
  readonly out: Terminal['out']
  readonly end: () => void
}

/** The elapsed time on a terminal is redrawn this often. */
const redraw = millis(1000)

export function newProgress(terminal: Terminal, clock: Clock, name: string): Progress {
  const started = clock.monotonic()
  let text = 'starting'
  let drawn = false
  let atLineStart = true
  let cancel: (() => void) | undefined
  const clear = (): void => {
    if (drawn) terminal.err('\r\x1b[2K')
    drawn = false
  }
  const draw = (): void => {
    if (!terminal.interactive || !atLineStart) return
    clear()
    const seconds = Math.floor((clock.monotonic() - started) / 1000)
    const line = `${name}  ${text}  ${seconds}s`.slice(0, Math.max(10, terminal.columns - 1))
    terminal.err(terminal.color ? `\x1b[2m${line}\x1b[0m` : line)
    drawn = true
  }
  const tick = (): void => {
    draw()
    cancel = clock.wake(redraw, tick)
  }
  if (terminal.interactive) tick()
  return {
    onJob(job) {
      const now = statusOf(job)
      if (now === text) return
      text = now
      if (terminal.interactive) draw()
      else terminal.err(`job.batch/${name} ${text}\n`)
    },
    say(line) {
      clear()
      terminal.err(`${line}\n`)
      draw()
    },
    out(chunk) {
      clear()
      const asked = terminal.out(chunk)
      atLineStart = chunk.length === 0 ? atLineStart : chunk.at(-1) === (typeof chunk === 'string' ? '\n' : 10)
      draw()
      return asked
    },
    end() {
      cancel?.()
      clear()
    },
  }
}

/** `1 running, 2/5 succeeded, 1 failed`: only what there is. */
function statusOf({ spec, status }: Job): string {
  const { active = 0, succeeded = 0, failed = 0 } = status
  const parts = [
    spec.suspend === true ? 'suspended' : '',
    active > 0 ? `${active} running` : '',
    `${succeeded}/${spec.completions ?? '?'} succeeded`,
    failed > 0 ? `${failed} failed` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
