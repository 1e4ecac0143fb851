import type { ObjectBucket } from '../ports/object-bucket.ts'

/** A bucket in the memory of this process. */
export class MemoryObjectBucket implements ObjectBucket {
  readonly description = 'a bucket in memory'
  readonly #objects = new Map<string, Uint8Array>()

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#objects.has(key)) return false
    this.#objects.set(key, Uint8Array.from(bytes))
    return true
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = this.#objects.get(key)
    return bytes === undefined ? null : Uint8Array.from(bytes)
  }

  async list(prefix: string, { limit = Infinity, after }: { limit?: number; after?: string } = {}): Promise<string[]> {
    return [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || compareBytes(key, after) > 0))
      .toSorted(compareBytes)
      .slice(0, limit)
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key)
  }

  async now(): Promise<number> {
    return Date.now()
  }

  async close(): Promise<void> {}
}

const compareBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))
