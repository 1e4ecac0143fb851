import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commands, type CommandEntry } from '../../src/cli/command-table.ts'

const reference = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
const sections = reference.split(/^## /m).slice(1)

/** What the page says under the headings that name a command; a recording has the flags of a run. */
const textOn = (command: string): string =>
  sections
    .filter((section) => headingNames(section, command) || (command === 'record' && headingNames(section, 'run')))
    .join('')

const headingNames = (section: string, command: string): boolean =>
  [...section.split('\n')[0]!.matchAll(/`(?:perdure )?([a-z]+)/g)].some(([, name]) => name === command)

const entries: [string, CommandEntry][] = Object.entries(commands).flatMap(([name, entry]) =>
  'commands' in entry
    ? Object.entries(entry.commands).map(([part, each]): [string, CommandEntry] => [`${name} ${part}`, each])
    : [[name, entry]],
)

test.each(entries)('the reference has perdure %s with all its flags', async (path, { load }) => {
  const [command = '', part] = path.split(' ')
  const text = textOn(command)
  const { args } = await load()
  const flags = Object.entries(args).flatMap(([name, { type }]) => (type === 'positional' ? [] : [name]))
  expect(flags.filter((flag) => !new RegExp(`--(no-)?${flag}\\b`).test(text))).toEqual([])
  const names = part === undefined ? [command] : [path, `\`${part}`]
  expect(names.some((name) => text.includes(name))).toBe(true)
})
