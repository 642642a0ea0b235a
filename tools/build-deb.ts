/**
 * Builds `jobd_VERSION_all.deb` into the folder that is named, from dist/: bundle, manual page, completion and unit. The
 * service is not enabled: that is `systemctl enable --now jobd`.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const root = new URL('..', import.meta.url).pathname
const target = resolve(process.argv[2] ?? '.')
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>
const stage = mkdtempSync(join(tmpdir(), 'jobd-deb-'))
const at = (...path: readonly string[]): string => join(stage, ...path)
const write = (path: string, text: string | Uint8Array, mode = 0o644): void => {
  mkdirSync(join(at(path), '..'), { recursive: true })
  writeFileSync(at(path), text)
  chmodSync(at(path), mode)
}
/** Commands for the systemd that runs on this machine, if one does and the package goes into this machine's own root. */
const whereSystemdRuns = (commands: string): string =>
  `if [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then\n${commands}\nfi`
const script = (name: string, commands: string): void =>
  write(`DEBIAN/${name}`, `#!/bin/sh\nset -e\n${whereSystemdRuns(commands)}\n`, 0o755)
const kilobytes = (folder: string): number =>
  Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0])

try {
  mkdirSync(at('usr/lib/jobd'), { recursive: true })
  for (const name of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, name), at('usr/lib/jobd', name), {
      recursive: true,
      filter: (source) => !source.endsWith('compile-cache'),
    })
  }
  mkdirSync(at('usr/bin'), { recursive: true })
  symlinkSync('../lib/jobd/bin/jobd', at('usr/bin/jobd'))
  execFileSync(process.execPath, [join(root, 'tools/build-package-files.ts'), stage])
  const page = at('usr/share/man/man1/jobd.1')
  write('usr/share/man/man1/jobd.1.gz', gzipSync(readFileSync(page), { level: 9 }))
  rmSync(page)
  write('usr/share/doc/jobd/changelog.gz', gzipSync(readFileSync(join(root, 'CHANGELOG.md')), { level: 9 }))
  // Beside each other as in a checkout, so that their links lead somewhere.
  for (const name of ['README.md', 'README.ja.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs', 'examples'])
    cpSync(join(root, name), at('usr/share/doc/jobd', name), { recursive: true })
  const licences = readFileSync(join(root, 'dist/LICENCES.txt'), 'utf8')
  write(
    'usr/share/doc/jobd/copyright',
    `jobd ${version}\nLicence: Apache-2.0, see /usr/share/common-licenses/Apache-2.0\n\nIt holds parts of:\n\n${licences}`,
  )
  write(
    'DEBIAN/control',
    `Package: jobd
Version: ${version}
Architecture: all
Maintainer: jobd maintainers <jobd@localhost>
Depends: nodejs (>= 24~), util-linux
Suggests: kubectl
Section: admin
Priority: optional
Installed-Size: ${kilobytes(stage)}
Description: ${description}
 One process with the Kubernetes API for Jobs and CronJobs, and their pods as
 plain processes: the same manifests, the same kubectl.
`,
  )
  // A new version replaces the one that serves; pods run on. What is not enabled or does not run stays so.
  script(
    'postinst',
    `if [ "$1" = configure ]; then
  systemctl daemon-reload
  [ -z "$2" ] || systemctl try-restart jobd.service || echo 'jobd does not start again: see systemctl status jobd' >&2
fi`,
  )
  script('prerm', '[ "$1" != remove ] || systemctl disable --now jobd.service')
  // Compiled code is kept beside the bundle and belongs to no package.
  write(
    'DEBIAN/postrm',
    `#!/bin/sh
set -e
rm -rf "$DPKG_ROOT/usr/lib/jobd/dist/compile-cache"
case "$1" in remove|purge) rm -rf "$DPKG_ROOT/usr/lib/jobd" ;; esac
${whereSystemdRuns('case "$1" in remove) systemctl daemon-reload; systemctl reset-failed jobd.service 2>/dev/null || : ;; esac')}
[ "$1" != purge ] || [ ! -e "$DPKG_ROOT/var/lib/jobd" ] || echo 'Data of jobd stays in /var/lib/jobd.' >&2
`,
    0o755,
  )
  const file = join(target, `jobd_${version}_all.deb`)
  execFileSync('chmod', ['-R', 'u+rwX,go+rX,go-w', stage])
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, file])
  console.log(file)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
