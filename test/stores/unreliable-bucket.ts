import type { ObjectBucket } from '../../src/ports/object-bucket.ts'

/** A bucket as seen over a bad network by a process that may be killed. */
export class UnreliableBucket implements ObjectBucket {
  readonly description = 'an unreliable bucket'
  readonly #memory: ObjectBucket
  readonly #fate: () => Promise<string>

  constructor({ memory, fate }: { memory: ObjectBucket; fate: () => Promise<string> }) {
    this.#memory = memory
    this.#fate = fate
  }

  create = (key: string, bytes: Uint8Array): Promise<boolean> =>
    this.#operate(() => this.#memory.create(key, bytes), { repeated: false })
  read = (key: string): ReturnType<ObjectBucket['read']> => this.#operate(() => this.#memory.read(key))
  list = (...given: Parameters<ObjectBucket['list']>): Promise<string[]> =>
    this.#operate(() => this.#memory.list(...given))
  delete = (keys: readonly string[]): Promise<void> => this.#operate(() => this.#memory.delete(keys))
  now = (): Promise<number> => this.#memory.now()
  close = (): Promise<void> => this.#memory.close()

  async #operate<Result>(work: () => Promise<Result>, { repeated }: { repeated?: Result } = {}): Promise<Result> {
    const fate = await this.#fate()
    if (fate === 'fails') throw new Error('the network broke')
    const result = await work()
    if (fate === 'fails late') throw new Error('the network broke')
    return fate === 'repeated' && repeated !== undefined ? repeated : result
  }
}
