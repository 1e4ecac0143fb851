import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStoredName, storedNameOf } from './stored-name.ts'

/** Any name that a folder can have, as a byte string. */
const names = fc
  .oneof(
    fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte)), minLength: 1 }),
    fc.constantFrom('.git', '.GIT', 'git~1', '%!', '%+a', '%=a', '%', '.git .', '.g\xe2\x80\x8cit', '..git'),
  )
  .filter((name) => !name.includes('/') && name !== '.' && name !== '..')

test('every name comes back, as the kind that it was', () => {
  fc.assert(
    fc.property(names, fc.boolean(), (name, isLarge) => {
      expect(parseStoredName(storedNameOf(name, { isLarge }))).toEqual({ type: isLarge ? 'large_file' : 'entry', name })
    }),
  )
})

test('no two names are stored as one', () => {
  fc.assert(
    fc.property(fc.tuple(names, fc.boolean()), fc.tuple(names, fc.boolean()), ([a, isLargeA], [b, isLargeB]) => {
      fc.pre(a !== b || isLargeA !== isLargeB)
      expect(storedNameOf(a, { isLarge: isLargeA })).not.toBe(storedNameOf(b, { isLarge: isLargeB }))
    }),
  )
})

test.each([
  '',
  '.',
  '..',
  'a/b',
  '/',
  'a\0',
  '.git',
  '.GIT',
  'git~1',
  '%',
  '%x',
  '%=',
  '%=a',
  '%=..',
  '%+',
  '%+..',
  '%+a/b',
])('refuses %j, which we would not have written', (stored) =>
  expect(() => parseStoredName(stored)).toThrow(expect.objectContaining({ code: 'checkpoint_invalid' })),
)
