import type { ObjectBucket } from '../../ports/object-bucket.ts'
import { VersionedDocument, type DocumentOptions } from './versioned-document.ts'

/** Documents whose last state is remembered. */
const largestShelf = 250
const readAtOnce = 16

type DocumentKind<State> = Pick<DocumentOptions<State>, 'empty' | 'spill'>

/** The documents of a bucket that this process has at hand: one object for each, so that what it writes is grouped. */
export class Documents {
  readonly #bucket: ObjectBucket
  readonly #shelf = new Map<string, VersionedDocument<unknown>>()
  readonly #onNews: (() => void) | undefined

  constructor(bucket: ObjectBucket, onNews?: () => void) {
    this.#bucket = bucket
    this.#onNews = onNews
  }

  /** The document with this key; always asked for with the same options. */
  at<State>(key: string, options: DocumentKind<State>): VersionedDocument<State> {
    const known = this.#shelf.get(key) as VersionedDocument<State> | undefined
    const document = known ?? this.#open(key, options)
    this.#shelf.delete(key)
    this.#shelf.set(key, document as VersionedDocument<unknown>)
    this.#shrink()
    return document
  }

  #open<State>(key: string, options: DocumentKind<State>): VersionedDocument<State> {
    return new VersionedDocument<State>({ ...options, bucket: this.#bucket, key, onNews: this.#onNews })
  }

  /** The key of the newest version of each document whose own key begins so, in their order. */
  async newestBelow(prefix: string): Promise<string[]> {
    const newest = new Map<string, string>()
    for (const key of await this.#bucket.list(prefix)) {
      const document = key.slice(0, key.lastIndexOf('/'))
      if (!newest.has(document)) newest.set(document, key)
    }
    return [...newest.values()]
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#shelf.values()].map((document) => document.settled()))
  }

  #shrink(): void {
    for (const [key, document] of this.#shelf) {
      if (this.#shelf.size <= largestShelf) return
      if (document.isIdle) this.#shelf.delete(key)
    }
  }
}

/** Does it for each, some at the same time; in the order of the items. */
export async function mapSome<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!)
  }
  await Promise.all(Array.from({ length: Math.min(readAtOnce, items.length) }, worker))
  return results
}
