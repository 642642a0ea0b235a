/** The mission's manifests, word for word. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { digitsOfPi } from '../support/digits.ts'
import { jobd, runProgram } from '../support/executable.ts'

/** Debian's stock perl cannot do what the mission asks of it; the package libmath-bigint-perl mends that. */
function perlProblem(): string | false {
  try {
    execFileSync('perl', ['-Mbignum=bpi', '-wle', 'print bpi(1100)'], { stdio: 'ignore', timeout: 60_000 })
    return false
  } catch {
    return 'this perl cannot compute bpi(1100): install libmath-bigint-perl'
  }
}

describe('the manifests of the mission', { skip: perlProblem() }, () => {
  for (const name of ['job', 'job-timeout', 'job-ttl']) {
    test(`examples/mission/${name}.yaml prints the digits of the mission`, async () => {
      const { code, out, err } = await runProgram(jobd, ['run', `examples/mission/${name}.yaml`])
      assert.equal(code, 0, err)
      assert.equal(out, `${digitsOfPi(2000)}\n`)
    })
  }
})
