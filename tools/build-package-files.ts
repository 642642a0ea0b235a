/**
 * Writes what packages bring besides the bundle: `man/jobd.1`, and with a folder as argument also completion scripts and
 * the unit of the system, as a distribution lays them out.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unitText } from '../src/cli/index.ts'
import { completionScript, manualPage } from '../src/cli/shell/index.ts'
import { systemDataDirectory } from '../src/main/data-dir.ts'
import { describeProgram } from '../src/main/main.ts'
import { commandInfo } from '../src/main/shell.ts'
import { version } from '../src/main/version.ts'

const commands = commandInfo(describeProgram(() => {}))
const [folder] = process.argv.slice(2)

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

if (folder === undefined) write(new URL('../man/jobd.1', import.meta.url).pathname, manualPage(commands, version))
else {
  write(join(folder, 'usr/share/man/man1/jobd.1'), manualPage(commands, version))
  write(join(folder, 'usr/share/bash-completion/completions/jobd'), completionScript(commands, 'bash'))
  write(join(folder, 'usr/share/zsh/vendor-completions/_jobd'), completionScript(commands, 'zsh'))
  write(join(folder, 'usr/share/fish/vendor_completions.d/jobd.fish'), completionScript(commands, 'fish'))
  const unit = unitText({
    scope: 'system',
    executable: '/usr/bin/jobd',
    dataDirectory: systemDataDirectory,
    listen: '127.0.0.1:6443',
    flags: [],
  })
  // Of the package, not of `jobd service`, which must not remove it.
  write(join(folder, 'usr/lib/systemd/system/jobd.service'), unit.slice(unit.indexOf('\n') + 1))
}
