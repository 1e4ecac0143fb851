import type { CommandEntry, CommandGroup } from '../command-table.ts'

type Table = Readonly<Record<string, Pick<CommandEntry, 'summary'>>>

const listing = (table: Table): string[] => {
  const width = Math.max(...Object.keys(table).map((name) => name.length))
  return Object.entries(table).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
}

/** The help of `perdure` itself; one screen of 24 lines. */
export const renderTopHelp = (table: Table): string =>
  [
    'perdure: the production runtime for Claude agents',
    'Usage: perdure <command> [flags]',
    '',
    ...listing(table),
    '',
    'Try: perdure run "find the failing test and fix it"',
    'Sessions are kept in the nearest .perdure folder; PERDURE_DATA_DIR or --data-dir',
    'name another. ANTHROPIC_API_KEY is the key, unless perdure.config names others.',
    'perdure <command> --help says more.',
  ].join('\n')

export const renderGroupHelp = (name: string, { summary, commands }: CommandGroup): string =>
  [
    `perdure ${name}: ${summary}`,
    '',
    `Usage: perdure ${name} <command> [flags]`,
    '',
    ...listing(commands),
    '',
    `perdure ${name} <command> --help says more.`,
  ].join('\n')
