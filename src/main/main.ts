/** The command line: what `jobd` understands, and which file does it. Each command is loaded when it is asked for. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { isFileTrouble } from '../base/index.ts'
import { isOutputLost, onLostOutput, realTerminal } from './real.ts'
import { version } from './version.ts'

/** Runs one command line and answers its exit code: 0 done, 1 failed, 2 wrong use. */
export async function main(args: readonly string[]): Promise<number> {
  // Help and misuse come before any command.
  onLostOutput('End')
  const result = { code: 0 }
  const program = describeProgram((code) => {
    result.code = code
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return result.code === 0 && isOutputLost() ? 1 : result.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (isFileTrouble(error) && 'syscall' in error && error.syscall === 'uv_cwd') {
      realTerminal().err('the current directory is gone: go to another\n')
      return 1
    }
    realTerminal().err(`jobd: internal error: ${error instanceof Error ? error.message : String(error)}\n`)
    if (process.env['JOBD_DEBUG'] !== undefined && error instanceof Error) realTerminal().err(`${error.stack}\n`)
    // What a defect left open must not keep the process alive.
    process.exit(1)
  }
}

/** Commands with pods or clients of their own, which do not end because nobody reads what they print. */
const goOn: ReadonlySet<string> = new Set(['up', 'run'])

type Finish = (code: number) => void

/** All commands; `finish` takes the exit code of the one that ran. */
export function describeProgram(finish: Finish): Command {
  const program = new Command('jobd')
    .description('Kubernetes Jobs and CronJobs without a cluster')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .hook('preAction', (_program, command) => {
      if (goOn.has(command.name())) onLostOutput('GoOn')
    })
    .enablePositionalOptions()
    .showHelpAfterError("(see 'jobd help')")
  addUpCommand(program, finish)
  addServerCommands(program, finish)
  addRunCommand(program, finish)
  addObjectCommands(program, finish)
  addJobCommands(program, finish)
  addCronCommands(program, finish)
  addSimulateCommand(program, finish)
  addServiceCommands(program, finish)
  for (const command of program.commands) command.exitOverride()
  refuseEmptyValues(program)
  return program
}

/** Empty, these mean what they mean upstream: everything, none, or UTC. */
const maybeEmpty: ReadonlySet<string> = new Set(['selector', 'fieldSelector', 'timeZone', 'disableAdmissionPlugins'])

/** A variable of a script that is not set must not choose the data directory, or the root, of somebody else. */
function refuseEmptyValues(command: Command): void {
  for (const option of command.options) {
    const isOwn = option.parseArg !== undefined || option.variadic || maybeEmpty.has(option.attributeName())
    if (!option.required || isOwn) continue
    option.argParser((text: string) => {
      if (text === '') throw new InvalidArgumentError('It must not be empty.')
      return text
    })
  }
  for (const below of command.commands) refuseEmptyValues(below)
}

const dataDir = (): Option => new Option('--data-dir <dir>', 'where the server keeps everything (JOBD_DATA_DIR)')
const namespace = (): Option => new Option('-n, --namespace <name>', 'the namespace').default('default')

function addUpCommand(program: Command, finish: Finish): void {
  program
    .command('up')
    .description('run the server in the foreground; prints one line when it serves')
    .addOption(dataDir())
    .option('--listen <host:port>', 'where to serve; port 0 takes a free one', '127.0.0.1:6443')
    .addOption(
      new Option('--runtime <name>', 'what pods run in').choices(['process', 'docker', 'none']).default('process'),
    )
    .addOption(
      new Option('--image-policy <policy>', 'what images mean to pods that are processes (default: ignore)').choices([
        'ignore',
        'map',
        'refuse',
      ]),
    )
    .option('--image-map <file>', 'the root directories of images, with --image-policy map')
    .option('--resource <name=count...>', 'what this machine has besides cpu and memory, e.g. nvidia.com/gpu=2')
    .option('--kubeconfig <file>', 'where to write the kubeconfig (default: DATA/kubeconfig)')
    .option(
      '--store <store>',
      'where objects are kept: sqlite, memory, or etcd://HOST:PORT[,HOST:PORT...][/PLACE]',
      'sqlite',
    )
    .option('--etcd-cafile <file>', 'who may sign for the members of the etcd; with it they are reached over TLS')
    .option('--etcd-certfile <file>', 'the certificate to show to the etcd')
    .option('--etcd-keyfile <file>', 'the key of that certificate')
    .option('--exact', 'behave as upstream Kubernetes in every point', false)
    .option('--token-file <csv>', 'static tokens: token,user,uid,"group1,group2"')
    .option('--audit-log <file>', 'where to write down each request, as a line of JSON (audit.k8s.io/v1)')
    .option('--disable-admission-plugins <names>', 'comma-separated, e.g. ServiceAccount')
    .option('--watch <dir>', 'apply the manifests of a directory, and delete what leaves it')
    .option('--max-pod-backoff <seconds>', 'the cap of the delay between failed pods (default: 360, with --exact 600)')
    .addOption(
      new Option('--too-many-missed <what>', 'when a CronJob missed more than 100 starts (default: skip)').choices([
        'skip',
        'start-latest',
      ]),
    )
    .option(
      '--time-zone <zone>',
      'the IANA time zone of schedules that name none (default: $TZ, else that of the machine)',
    )
    .option('--run-history-days <days>', 'how long the runs of CronJobs are remembered (default: 90)')
    .option('--run-history-limit <n>', 'how many runs of one CronJob are remembered (default: 10000)')
    .option('--event-ttl <duration>', 'how long Events are kept (default: 1h)')
    .option(
      '--pod-pids-limit <n>',
      'how many processes a container may have at once; -1 for any number (default: 4096)',
    )
    .addOption(
      new Option(
        '--host-files <how>',
        'which containers may write to files of the host: all, or none but by volumes (default: those whose image is host)',
      ).choices(['writable', 'read-only']),
    )
    .option('--log-max-size <size>', 'how much is kept of the log of one run (default: 100Mi)')
    .option('--log-retention-days <days>', 'how long logs outlive their pods (default: 14)')
    .option('--log-retention-size <size>', 'how much is kept of logs whose pods are gone (default: 1Gi)')
    .addOption(
      new Option('--log-level <level>', 'how much to say on stderr')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('warn'),
    )
    .action(async (options) => finish(await (await import('./up.ts')).up(options)))
}

function addServerCommands(program: Command, finish: Finish): void {
  program
    .command('down')
    .description('stop the server of a data directory; pods run on')
    .addOption(dataDir())
    .action(async (options) => finish(await (await import('./down.ts')).down(options)))
  program
    .command('env')
    .description("print 'export KUBECONFIG=…' for the running server")
    .addOption(dataDir())
    .action(async (options) => finish((await import('./down.ts')).printEnvironment(options)))
  program
    .command('compact')
    .description('forget old versions of objects; the newest ones stay')
    .addOption(dataDir())
    .action(async (options) => finish(await (await import('./compact.ts')).compact(options)))
  program
    .command('backup')
    .description('write a copy of the database to a file, while the server runs or not')
    .argument('<file>', 'the file to write; it holds secrets')
    .addOption(dataDir())
    .option('--force', 'replace the file', false)
    .action(async (file, options) => finish(await (await import('./backup.ts')).backup(file, options)))
  program
    .command('restore')
    .description('put a backup into the data directory of a server that is down')
    .argument('<file>', 'a file that jobd backup wrote')
    .addOption(dataDir())
    .option('--force', 'replace the database that is there; it is kept beside the new one', false)
    .action(async (file, options) => finish(await (await import('./backup.ts')).restore(file, options)))
  program
    .command('doctor')
    .description('look whether this machine has what jobd needs, and say what to do')
    .addOption(dataDir())
    .option('--listen <host:port>', 'where the server is to serve', '127.0.0.1:6443')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .action(async (options) => finish(await (await import('./doctor.ts')).doctor(options)))
  program
    .command('completion')
    .description('print a completion script: source <(jobd completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell) => finish((await import('./shell.ts')).completion(program, shell)))
  program
    .command('man')
    .description('print the manual page: jobd man | man -l -')
    .action(async () => finish((await import('./shell.ts')).manual(program)))
  program
    .command('version')
    .description('print the version')
    .action(() => realTerminal().out(`jobd ${version}\n`))
}

function addRunCommand(program: Command, finish: Finish): void {
  program
    .command('run')
    .description('run manifests, or a command behind --, and end with their result')
    .usage('[options] FILE... | -- COMMAND...')
    .argument('[files...]', 'manifests; - is standard input')
    .addOption(dataDir())
    .addOption(namespace())
    .option('--name <name>', 'the name of the Job made for a command')
    .option('-i, --stdin', 'give standard input to the command', false)
    .action(async (words, options, command) => {
      const { run } = await import('./run.ts')
      finish(await run(words, options, behindDashes(command)))
    })
}

/** How many of the arguments stand behind `--`, which makes them a command; undefined where there is no `--`. */
function behindDashes(command: Command): number | undefined {
  const raw = (command.parent as (Command & { readonly rawArgs?: readonly string[] }) | null)?.rawArgs ?? []
  const dashes = raw.indexOf('--')
  return dashes < 0 ? undefined : raw.length - dashes - 1
}

function addCronCommands(program: Command, finish: Finish): void {
  const cron = program.command('cron').description('about cron schedules').exitOverride()
  cron
    .command('next')
    .description('print when a schedule is due')
    .argument('[schedule]', "a cron schedule, e.g. '*/5 * * * *'")
    .option('--time-zone <zone>', 'an IANA time zone', '')
    .option('--after <time>', 'an RFC 3339 time (default: now)')
    .option('--count <n>', 'how many times', '1')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .option('--stdin', 'answer JSON questions, one on each line of standard input', false)
    .exitOverride()
    .action(async (schedule, options) => finish(await (await import('./cron.ts')).next(schedule, options)))
  cron
    .command('explain')
    .description('say in words what a schedule does, and when it is due next')
    .argument('<schedule>', "a cron schedule, e.g. '0 9 * * 1-5'")
    .option('--time-zone <zone>', 'an IANA time zone', '')
    .addOption(new Option('--lang <language>', 'the language').choices(['en', 'ja']).default('en'))
    .option('--count <n>', 'how many next times', '3')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .exitOverride()
    .action(async (schedule, options) => finish((await import('./cron.ts')).explain(schedule, options)))
  cron
    .command('import')
    .description('print CronJob manifests for the entries of a crontab')
    .argument('<crontab>', 'a file; - is standard input, e.g. of crontab -l')
    .option('--system', 'a system crontab, whose lines name a user', false)
    .option('-n, --namespace <name>', 'the namespace of the manifests')
    .option('--time-zone <zone>', 'the IANA time zone of the schedules (default: that of the server)')
    .exitOverride()
    .action(async (file, options) => finish(await (await import('./cron.ts')).importFile(file, options)))
  cron
    .command('add')
    .description('run a command on a schedule: makes a CronJob on the running server, or changes it')
    .usage("[options] NAME 'SCHEDULE' -- COMMAND...")
    .argument('<name>', 'the name of the CronJob')
    .argument('<schedule>', "a cron schedule, e.g. '*/5 * * * *'")
    .argument('[command...]', 'the command and its arguments')
    .addOption(dataDir())
    .addOption(namespace())
    .option('--time-zone <zone>', 'an IANA time zone (default: that of the server)')
    .addOption(
      new Option('--concurrency-policy <policy>', 'what to do while the run before is active').choices([
        'Allow',
        'Forbid',
        'Replace',
      ]),
    )
    .exitOverride()
    .action(async (name, schedule, command, options) =>
      finish(await (await import('./jobs.ts')).add(name, schedule, command, options)),
    )
}

function addServiceCommands(program: Command, finish: Finish): void {
  const service = program.command('service').description('run jobd as a service of systemd').exitOverride()
  const scoped = (command: Command): Command =>
    command
      .addOption(new Option('--user', 'of you alone (as without a flag)').conflicts('system'))
      .option('--system', 'of the machine', false)
      .option('--root <dir>', 'only the files, below another root directory')
      .exitOverride()
  scoped(service.command('install'))
    .description('write the unit, and start it now and at every boot')
    .usage('[options] [-- UP-FLAGS...]')
    .argument('[flags...]', "more flags of 'jobd up'")
    .addOption(dataDir())
    .option('--listen <host:port>', 'where to serve', '127.0.0.1:6443')
    .option('--dry-run', 'print the unit', false)
    .action(async (flags, options) => finish(await (await import('./service.ts')).install(flags, options)))
  scoped(service.command('uninstall'))
    .description('stop the service and remove its unit; pods run on, data stays')
    .action(async (options) => finish(await (await import('./service.ts')).uninstall(options)))
}

function addSimulateCommand(program: Command, finish: Finish): void {
  program
    .command('simulate')
    .description('show what CronJobs would do over a span of time, on a virtual clock')
    .argument('<files...>', 'manifests of CronJobs; - is standard input')
    .requiredOption('--from <time>', 'an RFC 3339 time')
    .requiredOption('--to <time>', 'an RFC 3339 time')
    .option(
      '--down <from/to>',
      'the controller does not run; may be given several times',
      (text, all: string[]) => [...all, text],
      [],
    )
    .option('--duration <time>', 'how long each Job takes, e.g. 90s or 5m', '30s')
    .option('--fail-rate <rate>', 'the share of Jobs that fail, 0 to 1', '0')
    .option('--seed <n>', 'which Jobs fail', '1')
    .option('--time-zone <zone>', 'the IANA time zone of schedules that name none (default: as jobd up has it)')
    .addOption(
      new Option('--too-many-missed <how>', 'after more than 100 missed runs: start none, or the newest').choices([
        'skip',
        'start-latest',
      ]),
    )
    .option('--exact', 'decide as upstream Kubernetes does', false)
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'svg']))
    .action(async (files, options) => finish(await (await import('./simulate.ts')).simulate(files, options)))
}

function addJobCommands(program: Command, finish: Finish): void {
  const jobs = async () => await import('./jobs.ts')
  program
    .command('history')
    .description('show what became of the due times of a CronJob')
    .argument('<cronjob>', 'cronjob/NAME')
    .addOption(dataDir())
    .addOption(namespace())
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml', 'name', 'wide']))
    .action(async (what, options) => finish(await (await jobs()).history(what, options)))
  program
    .command('trigger')
    .description('run a CronJob now, once')
    .usage('[options] cronjob/NAME [-- ARGS...]')
    .argument('<cronjob>', 'cronjob/NAME')
    .argument('[args...]', 'arguments for the first container instead of its own')
    .addOption(dataDir())
    .addOption(namespace())
    .option(
      '--env <name=value>',
      'an environment variable; may be given several times',
      (text, all: string[]) => [...all, text],
      [],
    )
    .option('--no-wait', 'do not wait until the Job is over')
    .action(async (what, args, options) => finish(await (await jobs()).trigger(what, args, options)))
  program
    .command('wait')
    .description('wait until Jobs are complete or failed, and end as they did')
    .argument('<jobs...>', 'job/NAME')
    .addOption(dataDir())
    .addOption(namespace())
    .option('--timeout <duration>', 'give up after this, e.g. 10m (default: never)')
    .action(async (what, options) => finish(await (await jobs()).wait(what, options)))
  program
    .command('rerun')
    .description('run a finished Job again, as a new one')
    .argument('<job>', 'job/NAME')
    .addOption(dataDir())
    .addOption(namespace())
    .option('--failed-indexes', 'only the indexes that did not succeed', false)
    .option('--no-wait', 'do not wait until the Job is over')
    .action(async (what, options) => finish(await (await jobs()).rerun(what, options)))
}

function addObjectCommands(program: Command, finish: Finish): void {
  const objects = async () => await import('./objects.ts')
  program
    .command('get')
    .description('show objects, as the server lays them out')
    .argument('<what...>', 'TYPE [NAME...] or TYPE/NAME...')
    .addOption(dataDir())
    .addOption(namespace())
    .option('-A, --all-namespaces', 'objects of every namespace', false)
    .option('-l, --selector <labels>', 'only objects with these labels')
    .option('--field-selector <fields>', 'only objects with these fields')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml', 'name', 'wide']))
    .action(async (what, options) => finish(await (await objects()).get(what, options)))
  program
    .command('describe')
    .description('show objects and their events')
    .argument('<what...>', 'TYPE [NAME...] or TYPE/NAME...')
    .addOption(dataDir())
    .addOption(namespace())
    .action(async (what, options) => finish(await (await objects()).describe(what, options)))
  program
    .command('logs')
    .description('print the log of a pod, or of all pods of a Job')
    .argument('<what>', 'POD, pod/NAME or job/NAME')
    .addOption(dataDir())
    .addOption(namespace())
    .option('-f, --follow', 'go on until the container ends', false)
    .option('-c, --container <name>', 'which container')
    .option('-p, --previous', 'the run before the last restart', false)
    .option('--timestamps', 'a time before each line', false)
    .option('--tail <lines>', 'only the last lines')
    .action(async (what, options) => finish(await (await objects()).logs(what, options)))
  program
    .command('delete')
    .description('delete objects, and wait until they are gone')
    .argument('[what...]', 'TYPE NAME... or TYPE/NAME...')
    .addOption(dataDir())
    .addOption(namespace())
    .option('-f, --filename <files...>', 'the objects in these manifests')
    .addOption(
      new Option('--cascade <how>', 'what becomes of dependents')
        .choices(['background', 'foreground', 'orphan'])
        .default('background'),
    )
    .option('--no-wait', 'do not wait until they are gone')
    .action(async (what, options) => finish(await (await objects()).remove(what, options)))
}
