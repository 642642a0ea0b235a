/** `jobd compact`: makes the running server forget old versions of its objects. */
import { connect } from './connect.ts'
import { realTerminal } from './real.ts'

/** Objects stay as they are; watches and lists that start from an older version are told that it is gone. */
export async function compact(options: { readonly dataDir?: string | undefined }): Promise<number> {
  const terminal = realTerminal()
  const connection = await connect(options.dataDir)
  if (!connection.ok) {
    terminal.err(`${connection.error}\n`)
    return 1
  }
  const answer = await connection.value.raw('POST', '/jobd/v1/compact')
  await connection.value.close()
  if (answer.ok && answer.value.code === 200) {
    terminal.out(`${messageOf(answer.value.text)}\n`)
    return 0
  }
  terminal.err(`${answer.ok ? messageOf(answer.value.text) : answer.error.message}\n`)
  return 1
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text)
  } catch {
    // An older server knows no such path and says so in plain words.
    return text.trim()
  }
}
