import { parseArgs } from 'node:util'
import type { ArgumentDefinition, CommandArguments } from './cli-command.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { suggestName } from './suggest-name.ts'
import { unbuiltFlags } from './unbuilt-flags.ts'
import { usageError } from './usage-error.ts'

export interface CheckedCommand {
  readonly path: string
  readonly args?: CommandArguments | undefined
}

/**
 * Checks the arguments of a command strictly, which citty does not, and writes them so that they have one
 * meaning only: `--name=value` for flags, lists joined, and everything else behind `--`.
 * @throws {PerdureError} `invalid_request`; `option_not_supported` for a flag whose feature is not built.
 */
export function checkArguments(given: readonly string[], { path, args = {} }: CheckedCommand): string[] {
  const { tokens } = parseArgs({ args: [...given], options: nodeOptions(args), strict: false, tokens: true })
  const flags = new Map<string, string | true>()
  const words: string[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'option') {
      const definition = definitionOf(token, { path, args })
      const next = tokens[index + 1]
      const value = isOptional(definition) && next?.kind === 'positional' ? idIn(next.value) : undefined
      if (value !== undefined) tokens.splice(index + 1, 1)
      setFlag(flags, { token, definition, value: token.value ?? value })
    }
    if (token.kind === 'positional') words.push(token.value)
  }
  refuseExtraWords(words, { path, args })
  return [...[...flags].map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`)), '--', ...words]
}

type OptionToken = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { kind: 'option' }>

const isOptional = ({ valueHint }: ArgumentDefinition): boolean => valueHint?.startsWith('[') === true
const isList = ({ valueHint }: ArgumentDefinition): boolean => valueHint?.includes(',') === true
const takesValue = ({ type }: ArgumentDefinition): boolean => type === 'string' || type === 'enum'

/** Where a value may be left out, the next word is one only if it looks like an id. */
const idIn = (word: string): string | undefined => (/^[a-z]+_[0-9a-z]{26}$/.test(word) ? word : undefined)

function nodeOptions(args: CommandArguments): Record<string, { type: 'boolean' | 'string' }> {
  const flags = Object.entries(args).filter(([, { type }]) => type !== 'positional')
  return Object.fromEntries(
    flags.map(([name, definition]) => [
      name,
      { type: takesValue(definition) && !isOptional(definition) ? 'string' : 'boolean' },
    ]),
  )
}

function definitionOf({ name, rawName }: OptionToken, { path, args = {} }: CheckedCommand): ArgumentDefinition {
  const definition = Object.hasOwn(args, name) ? args[name] : undefined
  if (definition !== undefined && definition.type !== 'positional' && rawName.startsWith('--')) return definition
  const unbuilt = path === 'run' ? unbuiltFlags[name] : undefined
  if (unbuilt !== undefined) {
    throw new PerdureError('option_not_supported', `perdure run has no flag ${rawName}. ${unbuilt}`, { hint: unbuilt })
  }
  const known = Object.entries(args).filter(([, { type }]) => type !== 'positional')
  const near = suggestName(
    name,
    known.map(([flag]) => flag),
  )
  const hint = near === null ? `See perdure ${path} --help` : `Did you mean --${near}?`
  throw usageError(`perdure ${path} has no flag ${rawName}.`, hint)
}

function setFlag(
  flags: Map<string, string | true>,
  { token, definition, value }: { token: OptionToken; definition: ArgumentDefinition; value: string | undefined },
): void {
  const { name, rawName } = token
  const before = flags.get(name)
  if (!takesValue(definition)) {
    if (token.inlineValue === true) throw usageError(`${rawName} takes no value.`, `Write ${rawName} alone.`)
    flags.set(name, true)
    return
  }
  if (value === undefined && isOptional(definition)) return void flags.set(name, '')
  if (value === undefined || value === '' || (token.inlineValue !== true && /^-./.test(value))) {
    throw usageError(`${rawName} needs a value.`, `Write ${rawName} <${definition.valueHint ?? 'value'}>.`)
  }
  if (definition.options !== undefined && !definition.options.includes(value)) {
    throw usageError(`${rawName} is one of ${definition.options.join(', ')}, not ${value}.`, 'Use one of them.')
  }
  if (before !== undefined && !isList(definition)) {
    throw usageError(`${rawName} is given twice.`, 'Give it once.')
  }
  flags.set(name, typeof before === 'string' ? `${before},${value}` : value)
}

function refuseExtraWords(words: readonly string[], { path, args = {} }: CheckedCommand): void {
  const places = Object.entries(args).filter(([, { type }]) => type === 'positional')
  const missing = places[words.length]
  if (missing !== undefined && missing[1].required !== false) {
    throw usageError(`perdure ${path} needs <${missing[0]}>.`, `See perdure ${path} --help`)
  }
  const takesMany = places.some(([, { valueHint }]) => valueHint?.includes('…') === true)
  if (words.length > places.length && !takesMany) {
    throw usageError(`perdure ${path} does not take ${words[places.length]}.`, 'Quote what belongs together.')
  }
}
