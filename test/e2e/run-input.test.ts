/** `jobd run -i`: standard input of the real executable, by a private server and by one that runs. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Ended, jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { freePort } from '../support/free-port.ts'

const hint = /^hint: the command gets no input: 'jobd run -i -- \.\.\.' gives it$/m
const { path, dispose } = temporaryDirectory()
const big = join(path, 'big')
const large = randomBytes(100 << 20)
const digest = createHash('sha256').update(large).digest('hex')
before(() => writeFileSync(big, large))
after(dispose)

/** Runs a line of a shell in which $JOBD is the executable. */
const shell = (line: string, directory: string): Promise<Ended> =>
  runProgram('sh', ['-c', line], { env: { JOBD: jobd, JOBD_DATA_DIR: directory, BIG: big } })

function contract(directory: () => string): void {
  const cases: readonly (readonly [name: string, line: string, code: number, out: string, err: RegExp | undefined])[] =
    [
      ['a text from a pipe', 'printf "one\\ntwo" | $JOBD run -i -- cat', 0, 'one\ntwo', undefined],
      ['100 MiB of any bytes from a file', '$JOBD run -i -- sha256sum <$BIG', 0, `${digest}  -\n`, undefined],
      ['and from a pipe', 'cat $BIG | $JOBD run --stdin -- sha256sum', 0, `${digest}  -\n`, undefined],
      ['there and back', '$JOBD run -i -- cat <$BIG | sha256sum', 0, `${digest}  -\n`, undefined],
      ['nothing', '$JOBD run -i -- wc -c </dev/null', 0, '0\n', undefined],
      ['more than the command reads', 'yes | $JOBD run -i -- head -n 1', 0, 'y\n', undefined],
      ['what never comes', 'rm -f $BIG.pipe; mkfifo $BIG.pipe; $JOBD run -i -- true <>$BIG.pipe', 0, '', undefined],
      ['the code of the command', 'echo 7 | $JOBD run -i -- sh -c "read n; exit \\$n"', 7, '', /exit code 7/],
      ['a directory', '$JOBD run -i -- cat </tmp', 2, '', /^standard input is a directory/],
      ['without the flag a pipe is not connected', 'echo x | $JOBD run -- wc -c', 0, '0\n', hint],
      ['nor a file', '$JOBD run -- wc -c <$BIG', 0, '0\n', hint],
    ]
  for (const [name, line, code, out, err] of cases) {
    test(name, { timeout: 120_000 }, async () => {
      const ended = await shell(line, directory())
      assert.deepEqual([ended.code, ended.out], [code, out], ended.err)
      if (err === undefined) assert.doesNotMatch(ended.err, /hint|input|Warning/)
      else assert.match(ended.err, err)
    })
  }
  test('of a loop that reads the lines itself nothing is taken, and nothing said', async () => {
    const list = join(path, 'list')
    writeFileSync(list, 'a\nb\n')
    const ended = await shell(`while read word; do $JOBD run -- echo "$word"; done <${list}`, directory())
    assert.equal(ended.out, 'a\nb\n')
    assert.doesNotMatch(ended.err, hint)
  })
}

describe('jobd run -i without a server', () => contract(() => join(path, 'none')))

describe('jobd run -i on a server', () => {
  let server: Server
  before(async () => {
    server = await startServer(join(path, 'data'))
  })
  after(() => server.stop())
  contract(() => server.directory)

  test('says where a server that goes away has cut the input off', { timeout: 120_000 }, async () => {
    const directory = join(path, 'other')
    const port = await freePort()
    const listen = ['--listen', `127.0.0.1:${port}`]
    const other = await startServer(directory, ...listen)
    // An input that goes on: a pipe that is held open.
    const [fifo, seen] = [join(path, 'fifo'), join(path, 'seen')]
    await runProgram('mkfifo', [fifo, seen])
    const [input, sight] = [openSync(fifo, 'r+'), openSync(seen, 'r+')]
    writeFileSync(input, 'first\n')
    const command = ['run', '-i', '--data-dir', directory, '--', 'sh', '-c', `read line; echo $line >${seen}; cat`]
    const child = spawn(jobd, command, { stdio: [input, 'ignore', 'pipe'] })
    let err = ''
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const line = await runProgram('head', ['-n', '1', seen])
    assert.equal(line.out, 'first\n')
    await other.kill()
    const again = await startServer(directory, ...listen)
    const [code] = await once(child, 'exit')
    closeSync(input)
    closeSync(sight)
    await again.stop()
    assert.match(err, /the command may not get all of its input: the connection broke off/)
    assert.equal(code, 1, err)
  })
})

test('of manifests nobody knows which container is meant', async () => {
  const ended = await runProgram(jobd, ['run', '-i', 'examples/pi.yaml'])
  assert.equal(ended.code, 2)
  assert.match(ended.err, /^--stdin goes with a command behind '--'/)
})
