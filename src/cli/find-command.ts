import { commands, type CommandEntry, type CommandGroup } from './command-table.ts'
import { renderGroupHelp, renderTopHelp } from './render/top-help.ts'
import { suggestName } from './suggest-name.ts'
import { usageError } from './usage-error.ts'

export interface FoundCommand {
  readonly path: string
  readonly entry: CommandEntry
  readonly rest: readonly string[]
}

export interface FoundHelp {
  readonly help: string
  readonly exitCode: number
}

/** The command that a command line names, or the help that it asks for. @throws {PerdureError} `invalid_request`. */
export function findCommand(argv: readonly string[]): FoundCommand | FoundHelp {
  const [first, ...rest] = argv
  if (first === undefined || isHelp(first)) return { help: renderTopHelp(commands), exitCode: 0 }
  const name = first === '--version' || first === '-v' ? 'version' : first
  const entry = look(name, commands, 'perdure')
  if (!('commands' in entry)) return { path: name, entry, rest }
  return findInGroup(name, entry, rest)
}

function findInGroup(name: string, group: CommandGroup, rest: readonly string[]): FoundCommand | FoundHelp {
  const [second, ...others] = rest
  if (second === undefined || isHelp(second)) {
    return { help: renderGroupHelp(name, group), exitCode: second === undefined ? 2 : 0 }
  }
  return { path: `${name} ${second}`, entry: look(second, group.commands, `perdure ${name}`), rest: others }
}

const isHelp = (argument: string): boolean => ['--help', '-h', 'help'].includes(argument)

function look<Entry>(name: string, table: Readonly<Record<string, Entry>>, parent: string): Entry {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined
  if (entry !== undefined) return entry
  if (name.startsWith('-'))
    throw usageError(`${parent} has no flag ${name}.`, `Flags follow the command: ${parent} --help`)
  const near = suggestName(name, Object.keys(table))
  throw usageError(
    `${parent} has no command ${name}.`,
    near === null ? `See ${parent} --help` : `Did you mean ${near}?`,
  )
}
