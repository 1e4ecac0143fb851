import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countLines } from './count-lines.ts'

/** By the book, and slowly. */
function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (const [x, line] of a.entries()) {
    for (const [y, other] of b.entries()) {
      const row = lengths[x + 1]!
      row[y + 1] = line === other ? lengths[x]![y]! + 1 : Math.max(lengths[x]![y + 1]!, row[y]!)
    }
  }
  return lengths.at(-1)!.at(-1)!
}

const texts = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd\n'), { maxLength: 30 })
const bytes = (lines: readonly string[]): Buffer => Buffer.from(lines.join(''))

test('counts as few lines as there can be', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const common = longestCommonSubsequence(before, after)
      expect(countLines(bytes(before), bytes(after))).toEqual({
        added: after.length - common,
        removed: before.length - common,
      })
    }),
  )
})

test('knows a last line without its end as another line', () => {
  expect(countLines(Buffer.from('a\nb'), Buffer.from('a\nb\n'))).toEqual({ added: 1, removed: 1 })
})

test('does not count what is no text', () => {
  expect(countLines(Buffer.from('a\n'), Buffer.of(97, 0, 98))).toBeNull()
})

test('counts texts without a common line, however long', () => {
  const lines = (name: string): Buffer =>
    Buffer.from(Array.from({ length: 50_000 }, (_, n) => `${name}${n}\n`).join(''))
  expect(countLines(lines('old'), lines('new'))).toEqual({ added: 50_000, removed: 50_000 })
})
