import type { CacheTtl } from '../../domain/cache-strategy.ts'
import { byteText, endOfString, spliceText, startOfNext, type TextEdit, type TextPlace } from '../wire/json-text.ts'

/** One `cache_control` object of a request, where the API heeds it. */
export interface CacheMark {
  readonly ttl: CacheTtl
  /** The value of its `ttl`; null where it has none, which means five minutes. */
  readonly ttlPlace: TextPlace | null
  /** Its closing brace. */
  readonly end: number
}

/** One level of nesting: the last name of an object, or null for a list. */
type Step = { name: string } | null

/** Elsewhere `cache_control` is no mark but data, such as the input of a tool. Null is any place of a list. */
const placesOfMarks: readonly (readonly (string | null)[])[] = [
  ['cache_control'],
  ['tools', null, 'cache_control'],
  ['system', null, 'cache_control'],
  ['messages', null, 'content', null, 'cache_control'],
  ['messages', null, 'content', null, 'content', null, 'cache_control'],
]

/** The marks in the JSON text of a request, which must be valid. */
export function findCacheMarks(body: Uint8Array): CacheMark[] {
  const text = byteText(body)
  const path: Step[] = []
  const marks: CacheMark[] = []
  let open: { depth: number; ttlPlace: TextPlace | null } | null = null
  let index = 0
  while (index < text.length) {
    const character = text[index]!
    if (character === '"') {
      const end = endOfString(text, index)
      const colon = startOfNext(text, end)
      const step = path.at(-1)
      if (text[colon] === ':' && step) {
        step.name = JSON.parse(text.slice(index, end)) as string
        if (open?.depth === path.length && step.name === 'ttl') open.ttlPlace = valueAt(text, colon + 1)
      }
      index = end
      continue
    }
    if (character === '{' || character === '[') {
      const isMark = character === '{' && open === null && isMarkAt(path)
      path.push(character === '{' ? { name: '' } : null)
      if (isMark) open = { depth: path.length, ttlPlace: null }
    } else if (character === '}' || character === ']') {
      if (open?.depth === path.length) {
        marks.push({ ttl: ttlAt(text, open.ttlPlace), ttlPlace: open.ttlPlace, end: index })
        open = null
      }
      path.pop()
    }
    index += 1
  }
  return marks
}

/**
 * The same request with this ttl in all of its marks. All of them alike is always valid: the API wants longer ones
 * before shorter ones, in the order tools, system, messages. The text is changed in place and not written anew,
 * which would change numbers that JavaScript cannot hold and anything else that only the text shows.
 */
export function setCacheTtl(body: Uint8Array, ttl: CacheTtl): Uint8Array {
  const edits = findCacheMarks(body).flatMap((mark): TextEdit[] => {
    if (mark.ttl === ttl) return []
    if (mark.ttlPlace !== null) return [{ ...mark.ttlPlace, text: `"${ttl}"` }]
    return [{ start: mark.end, end: mark.end, text: `,"ttl":"${ttl}"` }]
  })
  return spliceText(body, edits)
}

function isMarkAt(path: readonly Step[]): boolean {
  if (path.at(-1)?.name !== 'cache_control') return false
  return placesOfMarks.some(
    (place) => place.length === path.length && place.every((name, depth) => name === (path[depth]?.name ?? null)),
  )
}

function valueAt(text: string, from: number): TextPlace {
  const start = startOfNext(text, from)
  if (text[start] === '"') return { start, end: endOfString(text, start) }
  return { start, end: start + text.slice(start).search(/[\s,}]/) }
}

const ttlAt = (text: string, place: TextPlace | null): CacheTtl =>
  place !== null && text.slice(place.start, place.end) === '"1h"' ? '1h' : '5m'
