import { createHash } from 'node:crypto'

const longestName = 160

/**
 * Any text as one part of an object's key: no two texts have the same, none holds a slash or a dot, and what a text begins
 * with is what its name begins with, as far as {@link beginningOfName} goes.
 */
export function objectName(text: string): string {
  const name = escaped(text)
  if (name.length <= longestName) return name === '' ? '%' : name
  return `${name.slice(0, longestName)}~${createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex')}`
}

/** What the name of every text begins with that begins with this one. */
export const beginningOfName = (text: string): string => escaped(text).slice(0, longestName)

/** By code units, since a text may hold half a character. */
const escaped = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9_-]/g, (unit) =>
    Array.from({ length: unit.length }, (_, at) => `%${unit.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
