/**
 * Compiles src/agent/process/enter/enter.c for the processors that have a program of ours, and writes the programs into a
 * TypeScript file: who installs or builds jobd needs no compiler.
 *
 * Run with `--check` it writes nothing and exits 1 when the file is not of this source, or when a compiler of the version
 * that it was made with makes something else. The other compilers that are missing are named.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const SOURCE = 'src/agent/process/enter/enter.c'
const TARGET = 'src/agent/process/enter/programs.gen.ts'
/** By the names that Node has for processors. */
const COMPILERS = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' } as const
type Processor = keyof typeof COMPILERS
const FLAGS =
  '-O2 -static -nostdlib -ffreestanding -fno-builtin -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie -Wall -Wextra -Werror -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -s'

const source = readFileSync(join(root, SOURCE))
const digest = createHash('sha256').update(source).update(FLAGS).digest('hex')

/** Of what makes a program the same again, with its linker; undefined where there is no such compiler. */
function versionOf(compiler: string): string | undefined {
  const ask = (program: string, flag: string) => execFileSync(program, [flag], { encoding: 'utf8' }).split('\n')[0]
  try {
    return `${compiler} ${ask(compiler, '-dumpfullversion')}, ${ask(compiler.replace(/gcc$/, 'ld'), '--version')}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function compile(compiler: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-enter-'))
  try {
    const output = join(directory, 'enter')
    execFileSync(compiler, [...FLAGS.split(' '), '-o', output, SOURCE], { cwd: root, stdio: 'inherit' })
    return readFileSync(output).toString('base64')
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const processors = Object.keys(COMPILERS) as Processor[]

function write(): void {
  const entries = processors.map((processor) => {
    const compiler = COMPILERS[processor]
    const version = versionOf(compiler)
    if (version === undefined)
      throw new Error(`no ${compiler} in PATH (Debian: packages gcc and gcc-aarch64-linux-gnu)`)
    const lines = (compile(compiler).match(/.{1,100}/g) ?? []).map((line) => `      '${line}',`)
    return `  ${processor}: {\n    compiler: '${version}',\n    base64: [\n${lines.join('\n')}\n    ],\n  },`
  })
  const text = `// Made from enter.c by tools/build-enter.ts: run \`npm run fix:programs\`.
/** Of the source and of how it was compiled. */
export const SOURCE_SHA256 = '${digest}'

export const PROGRAMS = {
${entries.join('\n')}
} as const
`
  writeFileSync(join(root, TARGET), text)
}

async function check(): Promise<void> {
  const { PROGRAMS, SOURCE_SHA256 } = await import('../src/agent/process/enter/programs.gen.ts')
  if (SOURCE_SHA256 !== digest) stale(`${TARGET} is not of this ${SOURCE}`)
  for (const processor of processors) {
    const { compiler, base64 } = PROGRAMS[processor]
    const version = versionOf(COMPILERS[processor])
    if (version !== compiler) console.log(`${processor}: not compiled again, for want of ${compiler}`)
    else if (compile(COMPILERS[processor]) !== base64.join('')) stale(`${TARGET} has another program for ${processor}`)
  }
}

function stale(what: string): void {
  console.error(`${what}: run npm run fix:programs`)
  process.exitCode = 1
}

if (process.argv.includes('--check')) await check()
else write()
