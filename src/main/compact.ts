/** `jobd compact`: makes the running server forget old versions of its objects. */
import { fail, ok, type Result } from '../base/index.ts'
import { connect } from './connect.ts'
import { realTerminal } from './real.ts'

/** Objects stay as they are; watches and lists that start from an older version are told that it is gone. */
export async function compact(options: { readonly dataDir?: string | undefined }): Promise<number> {
  const terminal = realTerminal()
  const done = await serverTask(options.dataDir, 'compact')
  if (done.ok) terminal.out(`${done.value}\n`)
  else terminal.err(`${done.error}\n`)
  return done.ok ? 0 : 1
}

/** Has the running server do something to its store, and answers what it says of it. */
export async function serverTask(
  dataDir: string | undefined,
  task: 'compact' | 'backup',
): Promise<Result<string, string>> {
  const connection = await connect(dataDir)
  if (!connection.ok) return connection
  const answer = await connection.value.raw('POST', `/jobd/v1/${task}`)
  await connection.value.close()
  if (!answer.ok) return fail(answer.error.message ?? 'the server does not answer')
  const { code, text } = answer.value
  if (code === 200) return ok(messageOf(text))
  return fail(code === 404 ? `the running jobd is too old for this: restart it with this version` : messageOf(text))
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text)
  } catch {
    // An older server knows no such path and says so in plain words.
    return text.trim()
  }
}
