/** The options of the programs that npm scripts start, which people type. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** What was given; what there is no such option for, or a value too many or too few, ends the program with a sentence and code 2. */
export function readOptions<const T extends ParseArgsOptionsConfig>(
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    const names = Object.entries(options).map(([name, { type }]) => `--${name}${type === 'string' ? ' VALUE' : ''}`)
    console.error(
      `${error instanceof Error ? error.message.split(/[.]?\n|[.] /)[0] : error}: there is only ${names.join(', ')}`,
    )
    process.exit(2)
  }
}
