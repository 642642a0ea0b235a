/**
 * Our own checks, of what no other tool looks at: banned constructs, sizes, and that the documents tell the truth.
 *
 * Prints one line for each finding and exits 1 when there is one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { LAYERS } from './dependency-rules.ts'

const root = new URL('..', import.meta.url).pathname
const findings: string[] = []
const report = (file: string, what: string): void => void findings.push(`${relative(root, file)}: ${what}`)

/** Hard limits; most files are far below. */
const fileLines = 900
const functionLines = 99
const architectureLines = 120

type Ban = {
  readonly pattern: RegExp
  readonly instead: string
  /** Paths from the root where it is allowed. */
  readonly homes: RegExp
}
/** Where there is a real clock and chance, and tests. */
const edges = /^(src\/main|test|tools|bench|examples)\/|[.]test[.]ts$/
const here = /^tools\/tidy[.]ts$/
const bans: readonly Ban[] = [
  { pattern: /Math\.random\(/, instead: 'an injected Random', homes: edges },
  { pattern: /\bDate\.now\(|new Date\(\)/, instead: 'an injected Clock', homes: edges },
  { pattern: /(?<!\.)\bset(Timeout|Interval)\(/, instead: 'Clock.wake', homes: edges },
  { pattern: /\bFIXME\b|\bTODO\b|\bXXX\b/, instead: 'an issue, or the work itself', homes: here },
  { pattern: /\b(test|describe|it)\.only\(/, instead: 'the whole suite', homes: here },
  {
    pattern: /\bskip: true\b|\.skip\(\)|\b(test|describe|it)\.(skip|todo)\(/,
    instead: 'skip with the reason',
    homes: here,
  },
  { pattern: /@ts-(ignore|nocheck)/, instead: 'a type that holds', homes: here },
  { pattern: /^export \* from/, instead: 'the names that others need', homes: /^$/ },
  // A sleep, but for what the kernel tells nobody, and for the pauses of measurements.
  {
    pattern: /setTimeout \} from 'node:timers\/promises'|setTimeout\(resolve\b/,
    instead: 'an event that is waited for',
    homes: /^(test\/support\/files|bench\/measure)[.]ts$/,
  },
  // A number that keeps its text is made for each one that is decoded; the other is the state of a property's model.
  {
    pattern: /^(export )?(abstract )?class \w+(?! extends \w*Error\b)\b/,
    instead: 'functions and records',
    homes: /^src\/apimachinery\/(decode\/json|patch\/apply-replay[.]test)[.]ts$/,
  },
]
/** In kebab-case, and saying what is in it. */
const fileName = /^([a-z0-9]+(-[a-z0-9]+)*[./])+ts$/
const emptyName = /(^|\/)(utils?|helpers?|common|misc)[./]/

function filesUnder(directory: string, ending: RegExp): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory())
      return ['node_modules', 'dist', '.git', 'fixtures'].includes(entry.name) ? [] : filesUnder(path, ending)
    return ending.test(entry.name) ? [path] : []
  })
}

function checkSource(file: string): void {
  const text = readFileSync(file, 'utf8')
  const path = relative(root, file)
  const lines = text.split('\n')
  if (lines.length > fileLines && !path.endsWith('.gen.ts'))
    report(file, `${lines.length} lines; the limit is ${fileLines}`)
  if (!fileName.test(path.replace(/[.]gen[.]ts$/, '.ts'))) report(file, 'the name is not in kebab-case')
  if (emptyName.test(path)) report(file, 'the name does not say what is in it')
  for (const { pattern, instead, homes } of bans) {
    if (homes.test(path)) continue
    lines.forEach((line, i) => {
      if (pattern.test(line)) report(file, `line ${i + 1}: ${pattern.exec(line)?.[0]} is banned; use ${instead}`)
    })
  }
  if (!/^test\/|[.]test[.]ts$/.test(path)) checkFunctions(file, text)
}

/** With what is nested in them; suites of tests are functions too, and may be as long as their file. */
function checkFunctions(file: string, text: string): void {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    const [first, last] = [lineOf(node.getStart()), lineOf(node.end)]
    if (ts.isFunctionLike(node) && last - first >= functionLines)
      report(file, `line ${first}: a function of ${last - first + 1} lines; the limit is ${functionLines}`)
    ts.forEachChild(node, visit)
  }
  visit(source)
}

/** Relative links and named source files of a document exist; no link points at a line. */
function checkDocument(file: string): void {
  const text = readFileSync(file, 'utf8')
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (target === undefined || /^[a-z]+:|^#/.test(target)) continue
    if (/#L\d/.test(target)) report(file, `${target} points at a line, which moves`)
    const path = target.split('#')[0] as string
    if (!existsSync(join(dirname(file), path))) report(file, `the link ${target} leads nowhere`)
  }
  for (const [, path] of text.matchAll(/`((?:src|test|tools|docs|examples|bench|bin)\/[\w./-]+)`/g)) {
    if (path !== undefined && !existsSync(join(root, path))) report(file, `${path} does not exist`)
  }
}

/** The architecture page names exactly the folders that the rules and the disk have. */
function checkArchitecture(): void {
  const file = join(root, 'docs/ARCHITECTURE.md')
  const text = readFileSync(file, 'utf8')
  const length = text.split('\n').length
  if (length > architectureLines) report(file, `${length} lines; one page is ${architectureLines}`)
  const onDisk = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  for (const folder of onDisk) {
    if (folder !== 'main' && !(folder in LAYERS)) report(file, `src/${folder} has no row in LAYERS`)
    if (!text.includes(`src/${folder}`)) report(file, `src/${folder} is not named`)
  }
  for (const folder of Object.keys(LAYERS)) {
    if (!onDisk.includes(folder)) report(file, `LAYERS names src/${folder}, which does not exist`)
  }
}

/** A document and its translation have the same commands and the same sections, in the same order. */
function checkTranslation(name: string, translated: string): void {
  const shape = (file: string): { commands: string[]; sections: number } => {
    const text = readFileSync(join(root, file), 'utf8')
    const blocks = [...text.matchAll(/```(?:sh|yaml|ts|text)\n([\s\S]*?)```/g)].map(([, body]) => body ?? '')
    return { commands: blocks, sections: text.split('\n').filter((line) => line.startsWith('## ')).length }
  }
  const english = shape(name)
  const japanese = shape(translated)
  if (JSON.stringify(english.commands) !== JSON.stringify(japanese.commands)) {
    report(join(root, translated), `its code blocks differ from those of ${name}`)
  }
  if (english.sections !== japanese.sections)
    report(join(root, translated), `it has another number of sections than ${name}`)
}

for (const folder of ['src', 'test', 'tools', 'bench']) filesUnder(join(root, folder), /[.]ts$/).forEach(checkSource)
const documents = [
  ...filesUnder(join(root, 'docs'), /[.]md$/),
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, name)),
]
documents.forEach(checkDocument)
checkArchitecture()
checkTranslation('README.md', 'README.ja.md')
checkTranslation('docs/tutorial.md', 'docs/tutorial.ja.md')

for (const finding of findings) console.error(finding)
console.log(`tidy: ${findings.length} findings`)
process.exitCode = findings.length > 0 ? 1 : 0
