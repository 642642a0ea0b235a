/** `jobd completion` and `jobd man`: what the command line says about itself. */
import type { Command } from 'commander'
import { type CommandInfo, completionScript, manualPage, type Shell } from '../cli/shell/index.ts'
import { realTerminal } from './real.ts'
import { version } from './version.ts'

/** The commands as data; hidden ones and `help` are left out. */
export function commandInfo(command: Command): CommandInfo {
  const help = command.createHelp()
  return {
    name: command.name(),
    description: command.description(),
    usage: command.usage(),
    options: help.visibleOptions(command).map(({ long, short, flags, argChoices, description, defaultValue }) => ({
      long: long ?? '',
      short,
      value: /[<[]([^>\].]+)/.exec(flags)?.[1],
      choices: argChoices ?? [],
      description,
      fallback: typeof defaultValue === 'string' && defaultValue !== '' ? defaultValue : undefined,
    })),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      required: argument.required,
      variadic: argument.variadic,
    })),
    commands: help
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help')
      .map((one) => commandInfo(one as Command)),
  }
}

export function completion(program: Command, shell: Shell): number {
  realTerminal().out(completionScript(commandInfo(program), shell))
  return 0
}

export function manual(program: Command): number {
  realTerminal().out(manualPage(commandInfo(program), version))
  return 0
}
