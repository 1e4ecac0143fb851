import { link, mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import { pathOfFolder, pathOfKey, pieceOfName, type KeyPiece } from './object-path.ts'
import { syncFolder, writeTemporary } from './write-durably.ts'

/** A writer that was killed leaves its file here; nobody takes so long for one. */
const temporaryLifeMs = 24 * 60 * 60 * 1000

/** Objects as files of a folder, private to the user. Processes of one machine may share it. */
export class FolderBucket implements ObjectBucket {
  readonly description: string
  readonly #objects: string
  readonly #temporary: string

  constructor(folder: string) {
    const root = resolve(folder)
    this.description = `folder ${root}`
    this.#objects = join(root, 'objects')
    this.#temporary = join(root, 'temporary')
  }

  /** Makes the folder, and clears away what killed writers left. @throws {PerdureError} `storage_failed`. */
  async open(): Promise<void> {
    await this.#told('cannot use', async () => {
      await makePrivate(this.#objects)
      await makePrivate(this.#temporary)
      const before = Date.now() - temporaryLifeMs
      for (const name of await readdir(this.#temporary)) {
        const file = join(this.#temporary, name)
        const found = await orNull(stat(file))
        if (found && found.mtimeMs < before) await orNull(unlink(file))
      }
    })
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    const file = join(this.#objects, pathOfKey(key))
    return this.#told('cannot write to', async () => {
      const temporary = await writeTemporary(this.#temporary, bytes)
      try {
        const created = await linkAt(temporary, file)
        // Also for one that another has just written: whoever hears that it is there may rely on it.
        await syncFolder(dirname(file))
        return created
      } finally {
        await unlink(temporary)
      }
    })
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#told('cannot read', () => orNull(readFile(join(this.#objects, pathOfKey(key)))))
  }

  async list(prefix: string, options: { limit?: number; after?: string } = {}): Promise<string[]> {
    const { limit = Infinity } = options
    const bounds = { prefix: Buffer.from(prefix), after: Buffer.from(options.after ?? '') }
    const common = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    const folder = join(this.#objects, pathOfFolder(common))
    return this.#told('cannot list', async () => {
      const keys: string[] = []
      if (limit <= 0) return keys
      for await (const key of keysBelow(folder, Buffer.from(common), bounds)) {
        if (keys.push(key) >= limit) break
      }
      return keys
    })
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#told('cannot delete from', async () => {
      for (const key of keys) await orNull(unlink(join(this.#objects, pathOfKey(key))))
    })
  }

  async now(): Promise<number> {
    return Date.now()
  }

  async close(): Promise<void> {}

  async #told<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw new PerdureError('storage_failed', `${what} ${this.description}: ${(error as Error).message}`, {
        cause: error,
        details: { place: this.description },
      })
    }
  }
}

/** False when there is a file of that name. */
async function linkAt(temporary: string, file: string): Promise<boolean> {
  try {
    if (!(await isMissing(link(temporary, file)))) return true
    await makePrivate(dirname(file))
    await link(temporary, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Makes the folder and those above it, each lasting before what is in it. */
async function makePrivate(folder: string): Promise<void> {
  try {
    if (await isMissing(mkdir(folder, { mode: 0o700 }))) {
      if (dirname(folder) !== folder) await makePrivate(dirname(folder))
      await mkdir(folder, { mode: 0o700 })
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  await syncFolder(dirname(folder))
}

/** Whether the work fails because a folder above is not there. */
const isMissing = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return true
      throw error
    },
  )

interface Bounds {
  readonly prefix: Buffer
  readonly after: Buffer
}

/** Keys in the order of their bytes. Folders that hold none within the bounds are not read. */
async function* keysBelow(folder: string, base: Buffer, bounds: Bounds): AsyncGenerator<string> {
  const names = (await orNull(readdir(folder))) ?? []
  const pieces = names.flatMap((name) => {
    const piece = pieceOfName(name)
    const key = piece && Buffer.concat([base, piece.bytes])
    return piece && key && mayHold(piece, key, bounds) ? [{ ...piece, key, name }] : []
  })
  for (const { isFile, key, name } of pieces.toSorted((left, right) => Buffer.compare(left.key, right.key))) {
    if (isFile) yield key.toString()
    else yield* keysBelow(join(folder, name), key, bounds)
  }
}

function mayHold({ isFile }: KeyPiece, key: Buffer, { prefix, after }: Bounds): boolean {
  if (isFile) return startsWith(key, prefix) && Buffer.compare(key, after) > 0
  const isInPrefix = startsWith(key, prefix) || startsWith(prefix, key)
  return isInPrefix && (Buffer.compare(key, after) > 0 || startsWith(after, key))
}

const startsWith = (text: Buffer, start: Buffer): boolean => text.subarray(0, start.length).equals(start)

async function orNull<Value>(work: Promise<Value>): Promise<Value | null> {
  try {
    return await work
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
