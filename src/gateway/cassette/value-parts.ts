import { canonicalJson } from './canonical-json.ts'

/** Keeps a part under the hash of its content and gives its name. */
export type PutPart = (content: string, kind: 'json' | 'txt') => string
/** The content of a part. @throws {PerdureError} `cassette_invalid`. */
export type GetPart = (name: string) => string

/** What is larger than this is a part of its own, in characters of JSON. */
const inlineLimit = 240
const groupSize = 4

/**
 * Cuts a JSON value into parts, so that what two values have in common is kept once: long texts, tools, messages.
 * A list is kept as a chain from its beginning, so a conversation that has grown shares all that it was before.
 * Gives the name of the part that holds the rest.
 */
export function putValue(value: unknown, put: PutPart): string {
  return put(canonicalJson(typeof value === 'string' ? cutText(value, put) : cutOnce(value, put)), 'json')
}

/** The same, but what is left stands for itself: a small value is not kept apart. */
export const cutValue = (value: unknown, put: PutPart): unknown => cut(value, put)

export const joinValue = (value: unknown, get: GetPart): unknown => joined(value, get)

export function getValue(name: string, get: GetPart): unknown {
  return joined(JSON.parse(get(name)), get)
}

function cut(value: unknown, put: PutPart): unknown {
  if (typeof value === 'string') return cutText(value, put)
  const inner = cutOnce(value, put)
  return sizeOf(inner) > inlineLimit ? { $value: put(canonicalJson(inner), 'json') } : inner
}

/** The value itself, with what is in it cut. */
function cutOnce(value: unknown, put: PutPart): unknown {
  if (value === null || typeof value !== 'object') return value
  return Array.isArray(value) ? cutList(value, put) : cutRecord(value, put)
}

function cutText(text: string, put: PutPart): unknown {
  if (text.length <= inlineLimit) return text
  // A text with half a character in it cannot be written as UTF-8.
  return text.isWellFormed() ? { $text: put(text, 'txt') } : { $value: put(JSON.stringify(text), 'json') }
}

function cutList(items: readonly unknown[], put: PutPart): unknown {
  const parts = items.map((item) => cut(item, put))
  if (sizeOf(parts) <= inlineLimit) return parts
  let before: string | null = null
  let start = 0
  for (; start + groupSize < parts.length; start += groupSize) {
    before = put(canonicalJson(chained(before, parts.slice(start, start + groupSize))), 'json')
  }
  return chained(before, parts.slice(start))
}

const chained = (before: string | null, items: readonly unknown[]): unknown =>
  before === null ? items : { $after: before, items }

function cutRecord(record: object, put: PutPart): unknown {
  const entries = Object.entries(record)
    .map(([name, member]) => [name, cut(member, put)] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
  // A name that could be taken for one of ours.
  if (entries.some(([name]) => name.startsWith('$'))) return { $entries: entries }
  return Object.fromEntries(entries)
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length

function joined(value: unknown, get: GetPart): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => joined(item, get))
  const record = value as Readonly<Record<string, unknown>>
  if (typeof record['$text'] === 'string') return get(record['$text'])
  if (typeof record['$value'] === 'string') return getValue(record['$value'], get)
  if (typeof record['$after'] === 'string') return joinedList(record, get)
  if (Array.isArray(record['$entries'])) {
    const entries = record['$entries'] as [string, unknown][]
    return Object.fromEntries(entries.map(([name, member]) => [name, joined(member, get)]))
  }
  return Object.fromEntries(Object.entries(record).map(([name, member]) => [name, joined(member, get)]))
}

function joinedList(last: Readonly<Record<string, unknown>>, get: GetPart): unknown[] {
  const groups: unknown[][] = []
  let link: unknown = last
  while (!Array.isArray(link)) {
    const { $after: before, items } = link as { $after: string; items: unknown[] }
    groups.unshift(items)
    link = JSON.parse(get(before))
  }
  groups.unshift(link as unknown[])
  return groups.flat().map((item) => joined(item, get))
}
