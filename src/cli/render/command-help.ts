import type { ArgumentDefinition, CommandArguments } from '../cli-command.ts'
import { wrapText } from './wrap-text.ts'

const columns = 80

/** The help of one command, from the definitions of its arguments. */
export function renderCommandHelp(
  path: string,
  command: { summary: string; args?: CommandArguments | undefined },
): string {
  const all = Object.entries(command.args ?? {})
  const words = all.filter(([, { type }]) => type === 'positional')
  const flags = all.filter(([, { type }]) => type !== 'positional')
  const usage = ['perdure', path, ...words.map(placeOf), ...(flags.length === 0 ? [] : ['[flags]'])].join(' ')
  const rows = [
    ...words.map(([name, definition]) => ({ left: `<${name}>`, definition })),
    ...flags.map(([name, definition]) => ({ left: `--${name}${valueOf(definition)}`, definition })),
  ]
  const width = Math.max(0, ...rows.map(({ left }) => left.length)) + 4
  const lines = rows.flatMap(({ left, definition }) => describe(left, { definition, width }))
  return [`perdure ${path}: ${command.summary}`, '', `Usage: ${usage}`, '', ...lines].join('\n').trimEnd()
}

function describe(left: string, { definition, width }: { definition: ArgumentDefinition; width: number }): string[] {
  const [first = '', ...more] = wrapText(definition.description ?? '', columns - width)
  return [`  ${left}`.padEnd(width) + first, ...more.map((line) => ' '.repeat(width) + line)].map((line) =>
    line.trimEnd(),
  )
}

const placeOf = ([name, { required }]: [string, ArgumentDefinition]): string =>
  required === false ? `[${name}]` : `<${name}>`

function valueOf({ type, valueHint }: ArgumentDefinition): string {
  if (type !== 'string' && type !== 'enum') return ''
  return valueHint?.startsWith('[') === true ? ` ${valueHint}` : ` <${valueHint ?? 'value'}>`
}
