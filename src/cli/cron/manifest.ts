/** The CronJob for a command of this machine, as a crontab or a command line has it. */
import type { CronJob, CronJobSpec } from '../../apis/batch/index.ts'
import type { Container } from '../../apis/core/index.ts'

export type CommandSchedule = {
  readonly name: string
  readonly namespace?: string | undefined
  readonly schedule: string
  /** The zone of the server when absent. */
  readonly timeZone?: string | undefined
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly workingDir?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly concurrencyPolicy?: CronJobSpec['concurrencyPolicy']
}

/** What is sent: the server fills in the rest, also parts that its answers always have. */
export type CronJobManifest = Omit<CronJob, 'status'>

/** One try for each time, as cron does: a command that fails is not run again before its next time. */
export function cronJobManifest(given: CommandSchedule): CronJobManifest {
  const { name, namespace, schedule, timeZone, command, workingDir, annotations = {}, concurrencyPolicy } = given
  const env = Object.entries(given.env ?? {}).map(([variable, value]) => ({ name: variable, value: literal(value) }))
  const container = {
    name: 'main',
    image: 'host',
    command: command.map(literal),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(env.length === 0 ? {} : { env }),
  } as unknown as Container
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      schedule,
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(concurrencyPolicy === undefined ? {} : { concurrencyPolicy }),
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: 'Never', containers: [container] } },
        },
      },
    } as unknown as CronJobSpec,
  }
}

/** Kubernetes reads `$(NAME)` and `$$` in commands and values; what is given here is meant as it stands. */
export const literal = (text: string): string => text.replace(/\$(?=[$(])/g, '$$$$')

/** A name for what a command does: its first word, as a name may be, at most 40 characters. */
export function nameOfCommand(command: string): string {
  const words = command.trim().split(/\s+/)
  const program = words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? ''
  const base = (program.split('/').at(-1) ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return base === '' ? 'command' : base
}
