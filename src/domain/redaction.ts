import { knownSecrets } from './known-secrets.ts'
import { secretMarks, secretPatterns } from './secret-patterns.ts'

/**
 * The text with every secret replaced by `[redacted:<kind>]`: values that this process knows to be secret, and what
 * looks like one. Text without secrets comes back as it is; redacting twice is redacting once; JSON text stays JSON.
 */
export function redact(text: string): string {
  let result = text
  for (const secret of knownSecrets()) {
    if (result.includes(secret))
      result = outsideOfMarks(result, (part) => part.replaceAll(secret, markOf('credential')))
  }
  return secretMarks.test(result) ? result.replace(anySecret, markOfMatch) : result
}

/**
 * The same for every string of a JSON value, names of properties included. What holds no secret is not copied:
 * a value without any comes back itself.
 */
export function redactJson<Value>(value: Value): Value {
  if (typeof value === 'string') return redact(value) as Value
  if (value === null || typeof value !== 'object') return value
  return (Array.isArray(value) ? redactItems(value) : redactProperties(value)) as Value
}

function redactItems(items: readonly unknown[]): readonly unknown[] {
  let changed: unknown[] | undefined
  for (let index = 0; index < items.length; index++) {
    const redacted: unknown = redactJson(items[index])
    if (redacted === items[index]) continue
    changed ??= [...items]
    changed[index] = redacted
  }
  return changed ?? items
}

function redactProperties(record: object): object {
  const entries = Object.entries(record) as [string, unknown][]
  const redacted = entries.map(([name, value]) => [redact(name), redactJson(value)] as const)
  const isSame = redacted.every(([name, value], index) => name === entries[index]![0] && value === entries[index]![1])
  return isSame ? record : Object.fromEntries(redacted)
}

const kinds = Object.keys(secretPatterns)
const anySecret = new RegExp(kinds.map((kind) => `(?<${kind}>${secretPatterns[kind]})`).join('|'), 'g')

const markOf = (kind: string): string => `[redacted:${kind}]`

/** Called as the replacer of `anySecret`: its last argument has the named groups. */
function markOfMatch(...match: unknown[]): string {
  const groups = match.at(-1) as Readonly<Record<string, string | undefined>>
  return markOf(kinds.find((kind) => groups[kind] !== undefined) ?? 'credential')
}

/** A secret may be a word of a mark that stands there already. */
function outsideOfMarks(text: string, change: (part: string) => string): string {
  return text
    .split(/(\[redacted:[a-z_]+\])/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('')
}
