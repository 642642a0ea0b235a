/** Writes the declarations of the library into types/: those of its two entry points and of what these name, no more. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import ts from 'typescript'

const root = new URL('..', import.meta.url).pathname
const entries = ['src/main/library.ts', 'src/main/testing.ts'].map((file) => root + file)
const target = `${root}types`

const config = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.json`,
  { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: target, rootDir: `${root}src` },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail([diagnostic]) },
)
if (config === undefined) throw new Error('tsconfig.json cannot be read')

const declarations = new Map<string, string>()
const program = ts.createProgram(entries, config.options)
const { diagnostics } = program.emit(undefined, (file, text) => void declarations.set(file, text))
if (diagnostics.length > 0) fail(diagnostics)

rmSync(target, { recursive: true, force: true })
const queue = entries.map((file) => declarationOf(file))
const written = new Set<string>()
for (const file of queue) {
  if (written.has(file)) continue
  written.add(file)
  const text = declarations.get(file)
  if (text === undefined) throw new Error(`${file} is named by a declaration and was not made`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  for (const [, , from = ''] of text.matchAll(/(from|import\()\s*['"](\.[^'"]+)['"]/g))
    queue.push(resolve(dirname(file), from).replace(/[.]ts$/, '.d.ts'))
}
console.log(`types: ${written.size} files`)

function declarationOf(source: string): string {
  return resolve(target, relative(`${root}src`, source)).replace(/[.]ts$/, '.d.ts')
}

function fail(problems: readonly ts.Diagnostic[]): never {
  console.error(ts.formatDiagnostics(problems, ts.createCompilerHost({})))
  process.exit(1)
}
