/** The package as users get it: packed, installed in an empty project, and used in every way. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { root, runProgram, temporaryDirectory } from '../support/executable.ts'

const mostBytes = 15 << 20
const { path, dispose } = temporaryDirectory()
const project = join(path, 'project')
const installed = join(project, 'node_modules', 'jobd')
const bin = join(project, 'node_modules', '.bin', 'jobd')
/** The Node of this test, before any other on the machine. */
const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
after(dispose)

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  )
}

/** Writes the whole programs of docs/library.md beside the package, and answers their names. */
function programsOfDocument(): readonly string[] {
  const text = readFileSync(join(installed, 'docs/library.md'), 'utf8')
  const programs = [...text.matchAll(/```ts\n(.*?)```/gs)]
    .map(([, program = '']) => program)
    .filter((program) => /import .* from 'jobd/.test(program))
  assert.equal(programs.length, 3)
  return programs.map((program, i) => {
    writeFileSync(join(project, `document-${i}.ts`), program)
    return `document-${i}.ts`
  })
}

describe('the package', { timeout: 600_000 }, () => {
  let tarball = ''
  before(async () => {
    // The package is packed from a copy: its build must not remove what other tests run at the moment.
    const copy = join(path, 'copy')
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: readonly string[] }
    const copied = new Set([...files, 'src', 'tools', 'package.json', 'package-lock.json', 'tsconfig.json'])
    for (const name of copied)
      if (!['dist', '!dist/compile-cache', 'man', 'types'].includes(name))
        cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const packed = await runProgram('npm', ['pack', '--pack-destination', path], { cwd: copy, env })
    assert.equal(packed.code, 0, packed.err)
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{"type":"module"}')
    tarball = join(path, readdirSync(path).find((name) => name.endsWith('.tgz')) ?? '')
    const done = await runProgram('npm', ['install', '--offline', '--no-audit', tarball], { cwd: project })
    assert.equal(done.code, 0, done.err)
    // npm names there every package whose scripts it would run.
    assert.doesNotMatch(done.err, /install-scripts/)
  })

  test('it is small, brings nothing else, and runs nothing when it is installed', () => {
    const size = filesUnder(join(project, 'node_modules')).reduce(
      (sum, name) => sum + statSync(join(project, 'node_modules', name)).size,
      0,
    )
    assert.ok(size <= mostBytes, `${size} bytes`)
    const packages = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))
    assert.deepEqual(packages, ['jobd'])
    const { scripts, dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    assert.equal(dependencies, undefined)
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(scripts[name], undefined, name)
    assert.deepEqual(readdirSync(installed).sort(), [
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.ja.md',
      'README.md',
      'bin',
      'dist',
      'docs',
      'examples',
      'man',
      'package.json',
      'types',
    ])
    const sources = filesUnder(installed).filter((name) => /[.]test[.]|(?<![.]d)[.]ts$/.test(name))
    assert.deepEqual(
      sources.filter((name) => !name.startsWith('examples/library/')),
      [],
    )
  })

  test('every link of its documents leads to a file of it', () => {
    const documents = filesUnder(installed).filter((name) => name.endsWith('.md'))
    assert.ok(documents.length > 20)
    for (const name of documents) {
      const text = readFileSync(join(installed, name), 'utf8')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)/g))
        if (!/^[a-z]+:/.test(target))
          assert.ok(existsSync(join(installed, dirname(name), target)), `${name}: ${target}`)
    }
  })

  test('npm install --global links the manual page', async () => {
    const prefix = join(path, 'global')
    const args = ['install', '--global', '--offline', '--no-audit', '--prefix', prefix, tarball]
    const done = await runProgram('npm', args)
    assert.equal(done.code, 0, done.err)
    assert.match(readFileSync(join(prefix, 'share/man/man1/jobd.1'), 'utf8'), /^\.TH JOBD 1 /)
  })

  test('the executable runs a command', async () => {
    const ran = await runProgram(bin, ['run', '--', 'sh', '-c', 'echo hello; exit 3'], { cwd: project, env })
    assert.deepEqual([ran.code, ran.out], [3, 'hello\n'], ran.err)
  })

  const oldest = process.env['JOBD_TEST_OLDEST_NODE']
  const unlessOldest = { skip: oldest === undefined ? 'JOBD_TEST_OLDEST_NODE names no Node 24' : false }
  test('the oldest Node that is supported runs it too', unlessOldest, async () => {
    const version = await runProgram(oldest ?? '', ['--version'])
    assert.match(version.out, /^v24\./)
    const ran = await runProgram(bin, ['run', '--', 'sh', '-c', 'echo hello; exit 3'], {
      cwd: project,
      env: { JOBD_NODE: oldest ?? '' },
    })
    assert.deepEqual([ran.code, ran.out], [3, 'hello\n'], ran.err)
    cpSync(join(root, 'examples/library/node.test.mjs'), join(project, 'oldest.test.mjs'))
    const tests = await runProgram(oldest ?? '', ['oldest.test.mjs'], { cwd: project, env: { NODE_TEST_CONTEXT: '' } })
    assert.match(tests.out, /pass 2\n/)
  })

  test('both entry points can be imported and do their work', async () => {
    const program = `
      import { startJobd } from 'jobd'
      import { startTestCluster } from 'jobd/testing'
      const job = (command) => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'm', image: 'x', command }] } } } })
      const jobd = await startJobd()
      await jobd.apply(job(['true']))
      console.log((await jobd.finished('j')).status.succeeded)
      await jobd.stop()
      const cluster = await startTestCluster()
      await cluster.apply(job(['work']))
      await (await cluster.runningPod('j')).fail(1)
      await cluster.clock.advance('1m')
      console.log((await cluster.job('j')).status.failed)
      await cluster.stop()`
    writeFileSync(join(project, 'program.js'), program)
    const ran = await runProgram(process.execPath, ['program.js'], { cwd: project })
    assert.deepEqual([ran.out, ran.code], ['1\n1\n', 0], ran.err)
  })

  test('the examples of the library run', async () => {
    mkdirSync(join(project, 'node_modules/@kubernetes'))
    symlinkSync(
      join(root, 'node_modules/@kubernetes/client-node'),
      join(project, 'node_modules/@kubernetes/client-node'),
    )
    for (const name of ['node.test.mjs', 'client-node.test.mjs']) {
      cpSync(join(root, 'examples/library', name), join(project, name))
      // Without the word that this process is itself a test: a test inside a test is passed over.
      const ran = await runProgram(process.execPath, [name], { cwd: project, env: { NODE_TEST_CONTEXT: '' } })
      assert.match(ran.out, /pass [12]\n/)
      assert.equal(ran.code, 0, ran.out)
    }
  })

  test('the programs of its document of the library run', async () => {
    for (const name of programsOfDocument()) {
      const ran = await runProgram(process.execPath, [name], { cwd: project, env: { NODE_TEST_CONTEXT: '' } })
      assert.match(ran.out, /pass 1\n|'Complete'/)
      assert.equal(ran.code, 0, ran.err)
    }
  })

  test('programs in TypeScript see the types', async () => {
    writeFileSync(
      join(project, 'typed.ts'),
      `import { type Job, startJobd } from 'jobd'
      import { startTestCluster, type TestPod } from 'jobd/testing'
      const cluster = await startTestCluster({ run: (pod) => ({ duration: pod.spec.containers.length }) })
      const pods: readonly TestPod[] = await cluster.runningPods({ job: 'x' })
      const job: Job = await cluster.finished('x')
      const count: number | undefined = job.status.succeeded
      // @ts-expect-error a duration is no truth value
      await cluster.clock.advance(true)
      console.log(pods, count, (await startJobd({ dataDir: 'x' })).url)`,
    )
    const types = join(root, 'node_modules', '@types')
    const config = {
      compilerOptions: {
        strict: true,
        module: 'nodenext',
        target: 'es2025',
        noEmit: true,
        typeRoots: [types],
        types: ['node'],
        lib: ['es2025', 'esnext.disposable'],
      },
      files: ['typed.ts', ...programsOfDocument()],
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/.bin/tsc')
    const checked = await runProgram(tsc, ['-p', project], { cwd: project })
    assert.deepEqual([checked.out, checked.code], ['', 0])
  })
})
