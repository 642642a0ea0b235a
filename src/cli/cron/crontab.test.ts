import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crontabYaml, importCrontab } from './crontab.ts'
import { literal, nameOfCommand } from './manifest.ts'

const imported = (text: string, system = false) => importCrontab(text, { system })
const only = (text: string, system = false) => {
  const { manifests, problems } = imported(text, system)
  assert.deepEqual(problems, [])
  assert.equal(manifests.length, 1)
  const spec = manifests[0]?.spec
  const container = spec?.jobTemplate.spec.template.spec.containers[0]
  return { metadata: manifests[0]?.metadata, spec, container }
}

const schedules: readonly (readonly [string, string, string])[] = [
  ['five fields stay as they are', '*/5 1-3 * 2,4 * run', '*/5 1-3 * 2,4 *'],
  ['tabs and many blanks are one blank', '0\t 3  *  *\t1   run', '0 3 * * 1'],
  ['Sunday is 0', '0 3 * * 7 run', '0 3 * * 0'],
  ['a range up to Sunday is written out', '0 3 * * 5-7 run', '0 3 * * 5,6,0'],
  ['a list with Sunday twice has it once', '0 3 * * 0,7 run', '0 3 * * 0'],
  ['a stepped range up to Sunday is written out', '0 3 * * 1-7/2 run', '0 3 * * 1,3,5,0'],
  ['names of days and months stay', '0 3 * jan mon-fri run', '0 3 * jan mon-fri'],
  ['nicknames stay', '@weekly run', '@weekly'],
  ['a minus sign before the entry is cronie’s and goes', '-*/10 * * * * run', '*/10 * * * *'],
]
for (const [name, text, schedule] of schedules) {
  test(`schedule: ${name}`, () => assert.equal(only(text).spec?.schedule, schedule))
}

const commands: readonly (readonly [string, string, readonly string[]])[] = [
  ['the rest of the line goes to the shell', '@daily a && b | c', ['/bin/sh', '-c', 'a && b | c']],
  ['SHELL is the shell', 'SHELL=/bin/bash\n@daily a', ['/bin/bash', '-c', 'a']],
  ['an escaped percent sign is one', '@daily date +\\%F', ['/bin/sh', '-c', 'date +%F']],
  ['what Kubernetes would read is kept from it', '@daily a $(date) $$', ['/bin/sh', '-c', 'a $$(date) $$$']],
  [
    'what follows a percent sign is input',
    '@daily mail x%Dear%all',
    ['/bin/sh', '-c', 'printf %s "$1" | "$2" -c "$3"', 'crontab', 'Dear\nall\n', '/bin/sh', 'mail x'],
  ],
  [
    'input that ends its line gets no second end',
    '@daily mail x%Dear%',
    ['/bin/sh', '-c', 'printf %s "$1" | "$2" -c "$3"', 'crontab', 'Dear\n', '/bin/sh', 'mail x'],
  ],
]
for (const [name, text, command] of commands) {
  test(`command: ${name}`, () => assert.deepEqual(only(text).container?.command, command))
}

test('settings hold for the entries after them', () => {
  const { manifests } = imported('@daily one\nA="x y"\n B = 2 \n@daily two\nA=z\n@daily three')
  assert.deepEqual(
    manifests.map(({ spec }) => spec.jobTemplate.spec.template.spec.containers[0]?.env),
    [
      undefined,
      [
        { name: 'A', value: 'x y' },
        { name: 'B', value: '2' },
      ],
      [
        { name: 'A', value: 'z' },
        { name: 'B', value: '2' },
      ],
    ],
  )
})

test('HOME is where the command runs, CRON_TZ its zone', () => {
  const { spec, container } = only('HOME=/srv\nCRON_TZ=Asia/Tokyo\n0 9 * * * a')
  assert.deepEqual([spec?.timeZone, container?.workingDir], ['Asia/Tokyo', '/srv'])
})

test('without HOME a command runs in the home directory of its user, as cron has it', () => {
  const homeOf = (user: string | undefined): string | undefined =>
    user === 'www' ? undefined : `/home/${user ?? 'me'}`
  const directories = (text: string, system: boolean) =>
    importCrontab(text, { system, homeOf }).manifests.map(
      ({ spec }) => spec.jobTemplate.spec.template.spec.containers[0]?.workingDir,
    )
  assert.deepEqual(directories('@daily a\nHOME=/srv\n@daily b', false), ['/home/me', '/srv'])
  assert.deepEqual(directories('@daily ann a\n@daily www b', true), ['/home/ann', undefined])
})

test('comments right above an entry, and its line, are kept as annotations', () => {
  const { metadata } = only('# far away\n\n# one\n#two\n@daily a')
  assert.deepEqual(metadata?.annotations, {
    'jobd.dev/crontab-line': '@daily a',
    'jobd.dev/crontab-comment': 'one\ntwo',
  })
})

test('equal commands get different names', () => {
  const { manifests } = imported('@daily /bin/Tidy.sh a\n@hourly tidy.sh b')
  assert.deepEqual(
    manifests.map(({ metadata }) => metadata.name),
    ['tidy-sh', 'tidy-sh-2'],
  )
})

test('a system crontab names a user, which is noted', () => {
  const { manifests, notes } = imported('17 * * * * root cd / && run-parts /etc/cron.hourly', true)
  assert.equal(manifests[0]?.metadata.annotations?.['jobd.dev/crontab-user'], 'root')
  assert.match(notes[0] ?? '', /^user root: commands run as the user of jobd/)
})

const problems: readonly (readonly [string, string, RegExp])[] = [
  [
    'a random time is explained',
    '0~30 * * * * a',
    /^line 1 is left out: cron takes a random time of 0~30, .*choose one/,
  ],
  ['@reboot is explained', '@reboot a', /^line 1 is left out: @reboot has no schedule/],
  ['an unknown nickname', '@often a', /cron has no @often/],
  ['an entry without a command', '* * * * *', /neither a setting nor an entry/],
  ['a field out of range', '61 * * * * a', /above maximum/],
  ['day fields that cron joins in another way', '0 0 */2 * 1 a', /days that match both day fields/],
  ['a zone that is none', 'CRON_TZ=Mars/Base', /Mars\/Base is no IANA time zone/],
]
for (const [name, text, expected] of problems) {
  test(`left out: ${name}`, () => {
    const { manifests, problems: found } = imported(text)
    assert.equal(manifests.length, 0)
    assert.match(found[0] ?? '', expected)
  })
}

test('mail is not sent, which is noted once; no mail wanted needs no note', () => {
  assert.equal(imported('MAILTO=me\n@daily a\nMAILTO=me\n@daily b').notes.length, 1)
  assert.deepEqual(imported('MAILTO=""\n@daily a').notes, [])
})

test('the YAML has a document for each entry and tells what is left out', () => {
  const text = crontabYaml(imported('@daily a\n@reboot b'))
  assert.equal(text.match(/^---$/gm)?.length, 1)
  assert.match(text, /^# line 2 is left out: @reboot/m)
})

test('names of commands', () => {
  assert.deepEqual(['A=1 /x/Run_It --a', '...', '[ -x a ]'].map(nameOfCommand), ['run-it', 'command', 'command'])
  assert.deepEqual(['$$(', '$a', '$(a)', '$'].map(literal), ['$$$$(', '$a', '$$(a)', '$'])
})
