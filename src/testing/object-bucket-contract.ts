import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ObjectBucket } from '../ports/object-bucket.ts'

/** The bucket that the suite examines. */
export interface ObjectBucketUnderTest {
  /** A new, empty bucket. */
  open(): Promise<ObjectBucket>
}

const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString()
const bytes = (content: string): Uint8Array => Buffer.from(content)

/** What every place for objects must keep so that a storage can stand on it. */
export function objectBucketContract(backend: ObjectBucketUnderTest): void {
  const withBucket = (body: (bucket: ObjectBucket) => Promise<void>) => async (): Promise<void> => {
    const bucket = await backend.open()
    onTestFinished(() => bucket.close())
    await body(bucket)
  }

  describe('object bucket', () => {
    it(
      'gives back every byte of what was created, and null for what was not',
      withBucket(async (bucket) => {
        const large = randomBytes(3_000_001)
        expect(await bucket.create('a/large', large)).toBe(true)
        expect(await bucket.create('a/empty', new Uint8Array())).toBe(true)
        expect(Buffer.from((await bucket.read('a/large'))!).equals(large)).toBe(true)
        expect(await bucket.read('a/empty')).toHaveLength(0)
        expect(await bucket.read('a')).toBeNull()
        expect(await bucket.read('b')).toBeNull()
      }),
    )

    it(
      'creates an object once, and leaves it as it is',
      withBucket(async (bucket) => {
        const given = bytes('first')
        expect(await bucket.create('key', given)).toBe(true)
        given.fill(0)
        ;(await bucket.read('key'))!.fill(0)
        expect(await bucket.create('key', bytes('second'))).toBe(false)
        expect(text(await bucket.read('key'))).toBe('first')
      }),
    )

    it(
      'lets one of many win who create at the same time',
      withBucket(async (bucket) => {
        for (let round = 0; round < 5; round++) {
          const names = Array.from({ length: 8 }, (_, index) => `writer ${index}`)
          const won = await Promise.all(names.map((name) => bucket.create(`race/${round}`, bytes(name))))
          const winners = names.filter((_, index) => won[index])
          expect(winners).toEqual([text(await bucket.read(`race/${round}`))])
        }
      }),
    )

    it(
      'deletes what is named and nothing else, also what is not there',
      withBucket(async (bucket) => {
        for (const key of ['a', 'a/b', 'ab', 'b']) await bucket.create(key, bytes(key))
        await bucket.delete([])
        await bucket.delete(['a', 'ab', 'never'])
        expect(await bucket.list('')).toEqual(['a/b', 'b'])
        expect(await bucket.read('a')).toBeNull()
        expect(await bucket.create('a', bytes('again'))).toBe(true)
        expect(text(await bucket.read('a'))).toBe('again')
      }),
    )

    it(
      'lists in the order of bytes, by prefix, from a key on, and so many',
      withBucket(async (bucket) => {
        const keys = ['a', 'a-b', 'a.b', 'a/1', 'a/10', 'a/2', 'a/b/c', 'a0', 'A', 'Z/z', 'b', 'é', '語', '🜁', '%41']
        await Promise.all(keys.map((key) => bucket.create(key, bytes(key))))
        const sorted = keys.toSorted((left, right) => Buffer.compare(bytes(left), bytes(right)))
        expect(await bucket.list('')).toEqual(sorted)
        for (const prefix of ['a', 'a/', 'a/1', 'a/b/c', 'A', 'Z', 'none', '語', '%']) {
          expect(await bucket.list(prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)))
        }
        for (const [index, after] of sorted.entries()) {
          expect(await bucket.list('', { after })).toEqual(sorted.slice(index + 1))
          expect(await bucket.list('', { after, limit: 2 })).toEqual(sorted.slice(index + 1, index + 3))
        }
        expect(await bucket.list('a/', { limit: 1 })).toEqual(['a/1'])
        expect(await bucket.list('a/', { after: 'a/10', limit: 2 })).toEqual(['a/2', 'a/b/c'])
        expect(await bucket.list('a/', { limit: 0 })).toEqual([])
        expect(await bucket.list('a/', { after: 'b' })).toEqual([])
        expect(await bucket.list('a/', { after: 'A' })).toEqual(['a/1', 'a/10', 'a/2', 'a/b/c'])
      }),
    )

    it(
      'lists more than one page of a server',
      withBucket(async (bucket) => {
        const keys = Array.from({ length: 1_030 }, (_, index) => `many/${String(index).padStart(5, '0')}`)
        for (let start = 0; start < keys.length; start += 103) {
          await Promise.all(keys.slice(start, start + 103).map((key) => bucket.create(key, bytes('x'))))
        }
        expect(await bucket.list('many/')).toEqual(keys)
        expect(await bucket.list('many/', { limit: 1_010 })).toEqual(keys.slice(0, 1_010))
        await bucket.delete(keys)
        expect(await bucket.list('many/')).toEqual([])
      }),
    )

    it(
      'takes any key that a path may have, and takes none for another',
      withBucket(async (bucket) => {
        const keys = [
          'with space', 'semi;colon', 'quote"\'', 'star*?', 'back\\slash', 'a+b', 'a%2Fb', 'hash#', 'q?a=b&c', 'tab\there',
          'Case', 'case', 'CON', 'dot.', '..%2f', '~', 'n'.repeat(400), `${'n'.repeat(400)}2`, 'ü'.repeat(150),
        ] // prettier-ignore
        for (const key of keys) expect([key, await bucket.create(`k/${key}`, bytes(key))]).toEqual([key, true])
        for (const key of keys) expect(text(await bucket.read(`k/${key}`))).toBe(key)
        expect((await bucket.list('k/')).toSorted()).toEqual(keys.map((key) => `k/${key}`).toSorted())
      }),
    )

    it(
      'has a clock that goes on',
      withBucket(async (bucket) => {
        const first = await bucket.now()
        expect(first).toBeGreaterThan(Date.UTC(2026, 0))
        await bucket.create('tick', bytes('x'))
        expect(await bucket.now()).toBeGreaterThanOrEqual(first)
      }),
    )
  })
}
