import { newIdBody } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import type { StoredBatch, StoredList } from './stored-list.ts'

/** What was read may be asked for again: so much of it is kept, in characters. */
const largestCache = 16_000_000
/** Batches that are read at the same time. */
const readAhead = 16

/** Asked of a batch: it, and the batches in it, are read only where that is true. */
export type Wanted = (batch: StoredBatch, firstIndex: number) => boolean

export interface ItemsFrom<Item> {
  /** Place of the first of them in the list, from 0. */
  readonly firstIndex: number
  readonly items: readonly Item[]
}

/** The batches of the lists in a bucket. */
export class Batches {
  readonly #bucket: ObjectBucket
  readonly #cache = new Map<string, { content: Promise<readonly unknown[]>; size: number }>()
  #cacheSize = 0

  constructor(bucket: ObjectBucket) {
    this.#bucket = bucket
  }

  /** Parts of the list in order; of batches those that are wanted, and then what is in none yet. */
  async *read<Item>(list: StoredList<Item>, wanted: Wanted = () => true): AsyncGenerator<ItemsFrom<Item>> {
    const leaves: Leaf[] = []
    let firstIndex = 0
    for (const [depth, level] of [...list.levels.entries()].toReversed()) {
      for (const batch of level) {
        leaves.push(...(await this.#leaves(batch, { depth, firstIndex, wanted })))
        firstIndex += batch.count
      }
    }
    const ahead: Promise<ItemsFrom<Item>>[] = []
    for (const leaf of leaves) {
      const items = this.#items<Item>(leaf)
      // A failure is told in its turn, or to nobody.
      items.catch(() => {})
      ahead.push(items)
      if (ahead.length === readAhead) yield await ahead.shift()!
    }
    for (const items of ahead) yield await items
    yield { firstIndex, items: list.tail }
  }

  /** The keys of all that the list has in the bucket. */
  async keysOf(list: StoredList<unknown>): Promise<string[]> {
    const keys: string[] = []
    const collect = async (batches: readonly StoredBatch[], depth: number): Promise<void> => {
      keys.push(...batches.map(({ key }) => key))
      if (depth === 0) return
      for (const { key } of batches) await collect((await this.content(key)) as StoredBatch[], depth - 1)
    }
    for (const [depth, level] of list.levels.entries()) await collect(level, depth)
    return keys
  }

  async #leaves(batch: StoredBatch, at: { depth: number; firstIndex: number; wanted: Wanted }): Promise<Leaf[]> {
    if (!at.wanted(batch, at.firstIndex)) return []
    if (at.depth === 0) return [{ key: batch.key, firstIndex: at.firstIndex }]
    const leaves: Leaf[] = []
    let { firstIndex } = at
    for (const each of (await this.content(batch.key)) as StoredBatch[]) {
      leaves.push(...(await this.#leaves(each, { ...at, depth: at.depth - 1, firstIndex })))
      firstIndex += each.count
    }
    return leaves
  }

  async #items<Item>({ key, firstIndex }: Leaf): Promise<ItemsFrom<Item>> {
    return { firstIndex, items: (await this.content(key)) as Item[] }
  }

  /** What one batch holds. */
  async content(key: string): Promise<readonly unknown[]> {
    const known = this.#cache.get(key)
    if (known) {
      // The last used is the last to go.
      this.#cache.delete(key)
      this.#cache.set(key, known)
      return known.content
    }
    const entry = { content: this.#load(key), size: 0 }
    this.#cache.set(key, entry)
    entry.content.catch(() => this.#drop(key))
    return entry.content
  }

  async #load(key: string): Promise<readonly unknown[]> {
    const bytes = await this.#bucket.read(key)
    if (!bytes) throw new BatchMissing(key, this.#bucket.description)
    const entry = this.#cache.get(key)
    if (entry) {
      entry.size = bytes.length
      this.#cacheSize += bytes.length
      this.#shrink()
    }
    return JSON.parse(Buffer.from(bytes).toString()) as unknown[]
  }

  #shrink(): void {
    for (const [key, { size }] of this.#cache) {
      if (this.#cacheSize <= largestCache) return
      if (size > 0) this.#drop(key)
    }
  }

  #drop(key: string): void {
    this.#cacheSize -= this.#cache.get(key)?.size ?? 0
    this.#cache.delete(key)
  }
}

interface Leaf {
  readonly key: string
  readonly firstIndex: number
}

/** The list was read while its owner was deleted, or the bucket is damaged. */
export class BatchMissing extends PerdureError {
  constructor(key: string, place: string) {
    super('storage_failed', `${place} lacks the object ${key}, which a document of it names`, {
      details: { key, place },
    })
  }
}

/** A function that puts batches below a prefix of the bucket, for {@link withTailStored}. */
export const putBelow =
  (prefix: string, put: (key: string, bytes: Uint8Array) => Promise<void>) =>
  async (content: readonly unknown[]): Promise<string> => {
    const key = `${prefix}/${newIdBody()}`
    await put(key, Buffer.from(JSON.stringify(content)))
    return key
  }

/** Reads with the newest state, and once more where what it names went away meanwhile. */
export async function readingNewest<State, Result>(
  read: () => Promise<State>,
  use: (state: State) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const state = await read()
    try {
      return await use(state)
    } catch (error) {
      if (!(error instanceof BatchMissing) || (await read()) === state) throw error
    }
  }
}
