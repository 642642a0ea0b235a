/** `jobd run`: on the running server of the data directory, or on a private one that ends with the run. */
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { claimDirectory, isAbandoned } from '../agent/process/index.ts'
import type { KubeObject } from '../apimachinery/index.ts'
import { fail, isFileTrouble, ok, type Result, reasonOf } from '../base/index.ts'
import {
  type Connection,
  literal,
  type Manifest,
  parseManifests,
  placed,
  readManifests,
  runManifests,
} from '../cli/index.ts'
import { connect, connectEmbedded } from './connect.ts'
import { dataDirectory, readHolder } from './data-dir.ts'
import { withInterrupts } from './interrupts.ts'
import { isInputDirectory, isInputLeft, readStandardInput, realClock, realTerminal, standardInput } from './real.ts'

type RunOptions = {
  readonly dataDir?: string | undefined
  readonly namespace: string
  readonly name?: string | undefined
  readonly stdin: boolean
}

/** `behind`: how many of the words stand behind `--`; undefined without one. */
export async function run(words: readonly string[], options: RunOptions, behind: number | undefined): Promise<number> {
  const terminal = realTerminal()
  const misuse = misuseOf(words, behind, options)
  if (misuse !== undefined) {
    terminal.err(`${misuse}\n`)
    return 2
  }
  const isCommand = behind !== undefined
  const manifests = isCommand ? commandManifest(words, options) : await readManifests(words, readStandardInput)
  if (!manifests.ok) {
    terminal.err(`${manifests.error}\n`)
    return 2
  }
  const { namespace } = options
  const input = options.stdin ? standardInput() : undefined
  if (isCommand && !options.stdin && isInputLeft())
    terminal.err("hint: the command gets no input: 'jobd run -i -- ...' gives it\n")
  return await withInterrupts((interrupts) =>
    onSomeServer(options, async (connection, isPrivate) => {
      if (isPrivate) await makeNamespaces(manifests.value, namespace, connection)
      return await runManifests(manifests.value, {
        connection,
        terminal,
        clock: realClock,
        namespace,
        input,
        ...interrupts,
      })
    }),
  )
}

function misuseOf(
  words: readonly string[],
  behind: number | undefined,
  { name, stdin }: RunOptions,
): string | undefined {
  const [first] = words
  if (first === undefined) return "say what to run: manifest files, or a command behind '--'"
  if (stdin && isInputDirectory()) return 'standard input is a directory: --stdin takes a file, a pipe or a terminal'
  if (first === '') return "the first word is empty: name a manifest file, or a program behind '--'"
  if (behind !== undefined) {
    return behind < words.length
      ? `give manifest files or a command behind '--', not both: ${first} stands before it`
      : undefined
  }
  if (name !== undefined) return "--name goes with a command behind '--': manifests name their Jobs themselves"
  if (stdin)
    return "--stdin goes with a command behind '--': of manifests, containers with stdin: true take it by kubectl attach -i"
  const looksLikeProgram = first !== '-' && !/\.(ya?ml|json)$/.test(first) && !existsSync(first)
  return looksLikeProgram ? `${first} does not exist: check the path; a command stands behind '--'` : undefined
}

/** The directories of private servers, each gone with its server unless that was killed. */
const PRIVATE = 'jobd-run-'

/** Those that the manifests are for: nobody else can have made any on a server that is there for them alone. */
async function makeNamespaces(
  manifests: readonly Manifest[],
  namespace: string,
  { client }: Connection,
): Promise<void> {
  const named = manifests.map((manifest) => placed(manifest, namespace).metadata.namespace)
  for (const name of new Set(named)) {
    if (typeof name !== 'string' || (await client.get({ resource: 'namespaces', name })).ok) continue
    // What is refused, such as a name that is none, is told when the manifest is applied.
    await client.create<KubeObject>('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
}

async function onSomeServer(
  options: RunOptions,
  act: (connection: Connection, isPrivate: boolean) => Promise<number>,
): Promise<number> {
  const running = readHolder(dataDirectory(options.dataDir)) !== undefined
  const made = running ? ok(undefined) : await privateDirectory()
  if (!made.ok) {
    realTerminal().err(`${made.error}\n`)
    return 1
  }
  const directory = made.value
  try {
    const connection = directory === undefined ? await connect(options.dataDir) : await connectEmbedded(directory)
    if (!connection.ok) {
      realTerminal().err(`${connection.error}\n`)
      return 1
    }
    try {
      return await act(connection.value, directory !== undefined)
    } finally {
      await connection.value.close()
    }
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }
}

async function privateDirectory(): Promise<Result<string, string>> {
  try {
    // First: what they have in memory goes when the server starts and finds that their directories have gone.
    await removeKilledRuns()
    const directory = await mkdtemp(join(tmpdir(), PRIVATE))
    claimDirectory(directory, directory)
    return ok(directory)
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail(
      `cannot make a directory in ${tmpdir()}: ${reasonOf(error)}; set TMPDIR to a directory that you can write`,
    )
  }
}

/** Removes what private servers of this user have left that were killed, once nothing of them runs any more. */
async function removeKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(PRIVATE) || !isAbandoned(path)) continue
    if (statSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue
    // It keeps nobody from running: what is left is for the next, or another is removing it this moment.
    await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** A Job for one command: no retries, because a command line is expected to run once. */
function commandManifest(words: readonly string[], { name, stdin }: RunOptions): Result<readonly Manifest[], string> {
  const base = (words[0]?.split('/').at(-1) ?? 'run')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  // Its end is the command's: with it, and not before, commands such as cat are done.
  const input = stdin ? { stdin, stdinOnce: true } : {}
  const label = base === '' ? 'run' : base.slice(0, 40)
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: name === undefined ? { generateName: `${label}-` } : { name },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            { name: 'main', image: 'host', command: words.map(literal), workingDir: process.cwd(), ...input },
          ],
        },
      },
    },
  }
  const parsed = parseManifests(JSON.stringify(job), 'the command')
  return parsed.ok ? ok(parsed.value) : fail(parsed.error)
}
