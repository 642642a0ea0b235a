/** Completion in real shells, and the manual page. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const env = { PATH: `${dirname(jobd)}:${process.env['PATH']}` }
const isThere = (program: string): boolean => existsSync(`/usr/bin/${program}`) || existsSync(`/bin/${program}`)
const unless = (program: string): { readonly skip: string | false } => ({
  skip: isThere(program) ? false : `${program} is not installed`,
})

/** How each shell is asked what it offers for a line; words apart, the last one may be empty. */
const shells = {
  bash: (words: readonly string[]) => `source <(jobd completion bash)
    COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _jobd; printf '%s\n' "\${COMPREPLY[@]}"`,
  zsh: (
    words: readonly string[],
  ) => `compadd() { shift; print -rl -- \${(M)@:#\${words[CURRENT]}*} }; _files() { ls -d README* }
    source <(jobd completion zsh); words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; _jobd`,
  fish: (words: readonly string[]) => `jobd completion fish | source; complete -C ${quoted(words.join(' '))} | cut -f1`,
}
const quoted = (word: string): string => `'${word}'`

const cases: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
  ['commands', ['jobd', ''], ['up', 'run', 'cron', 'backup'], ['next', '--data-dir']],
  ['commands below a command', ['jobd', 'cron', ''], ['next', 'explain', 'import', 'add'], ['up']],
  ['flags of a command', ['jobd', 'cron', 'next', '--'], ['--time-zone', '--stdin'], ['--runtime', 'up']],
  ['choices of a flag', ['jobd', 'up', '--runtime', ''], ['process', 'none'], ['up', '--exact']],
  ['files where files are meant', ['jobd', 'run', 'READ'], ['README.md'], ['up']],
  ['types of objects', ['jobd', 'get', 'cronj'], ['cronjobs'], ['README.md']],
]

/** Lines that ask the running server, and what it answers. */
const objects = (data: string): readonly (readonly [readonly string[], readonly string[]])[] => [
  [['jobd', 'trigger', ''], ['cronjob/nightly']],
  [['jobd', 'trigger', 'nig'], ['nightly']],
  [['jobd', 'history', 'cj/n'], ['cj/nightly']],
  [['jobd', 'get', 'cronjobs', ''], ['nightly']],
  [['jobd', 'describe', 'cronjob/'], ['cronjob/nightly']],
  [['jobd', 'delete', 'cronjob', '-n', 'default', 'n'], ['nightly']],
  [['jobd', 'get', '-n', 'none', 'cronjobs', ''], ['']],
  [['jobd', 'logs', '-n', 'defa'], ['default']],
  [['jobd', 'get', '--data-dir', data, 'cj', ''], ['nightly']],
  [['jobd', 'get', `--data-dir=${data}/none`, 'cj', ''], ['']],
]

describe('completion', { timeout: 300_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  before(async () => {
    server = await startServer(path, '--runtime', 'none')
    await runProgram(jobd, ['cron', 'add', 'nightly', '0 3 * * *', '--data-dir', path, '--', 'true'])
  })
  after(async () => {
    await server.stop()
    dispose()
  })

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const offered = async (words: readonly string[]): Promise<readonly string[]> => {
      const args = shell === 'bash' ? ['--norc', '-c'] : shell === 'zsh' ? ['-f', '-c'] : ['-N', '-c']
      const ran = await runProgram(shell, [...args, shells[shell](words)], { env: { ...env, JOBD_DATA_DIR: path } })
      assert.equal(ran.err, '')
      return ran.out.trim().split(/\s+/)
    }
    for (const [name, words, some, none] of cases) {
      test(`${shell} offers ${name}`, unless(shell), async () => {
        const found = await offered(words)
        for (const word of some) assert.ok(found.includes(word), `${word} in ${found.join(' ')}`)
        for (const word of none) assert.ok(!found.includes(word), `no ${word} in ${found.join(' ')}`)
      })
    }
    test(`${shell} offers names of the running server`, unless(shell), async () => {
      for (const [words, names] of objects(path)) assert.deepEqual(await offered(words), names, words.join(' '))
    })
  }
})

test('the manual page has every command and no fault', unless('mandoc'), async () => {
  const page = await runProgram(jobd, ['man'])
  const lint = await runProgram('mandoc', ['-T', 'lint', '-W', 'error'], { input: page.out })
  assert.deepEqual([lint.code, lint.out], [0, ''])
  const shown = await runProgram('mandoc', ['-T', 'ascii'], { input: page.out })
  const text = shown.out.replace(/.\x08/g, '')
  for (const part of ['jobd cron explain', '--data-dir DIR', 'EXIT STATUS']) assert.ok(text.includes(part), part)
})
