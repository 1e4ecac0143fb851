import { defineCommand, type ArgsDef, type CommandContext, type SubCommandsDef } from 'citty'

/** A command with whatever arguments; its code runs when citty is given it. */
export interface CliCommand {
  readonly args: CommandArguments
  readonly command: AnyCommand
}

/** The arguments of a command by name. */
export type CommandArguments = Readonly<Record<string, ArgumentDefinition>>

export interface ArgumentDefinition {
  readonly type?: 'boolean' | 'string' | 'enum' | 'positional' | undefined
  readonly description?: string
  /** `a,b`: a list, the flag may be repeated. `[id]`: the value may be left out. `words…`: as many as there are. */
  readonly valueHint?: string
  readonly options?: string[]
  readonly required?: boolean
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- citty's own type of "any command", less its lazy forms
type AnyCommand = Awaited<Exclude<SubCommandsDef[string], Function>>

/** Defines a command; `run` resolves to its exit code. */
export const cliCommand = <const Arguments extends ArgsDef>(definition: {
  readonly args: Arguments
  readonly run: (context: CommandContext<Arguments>) => number | Promise<number>
}): CliCommand => ({ args: definition.args, command: defineCommand(definition) })
