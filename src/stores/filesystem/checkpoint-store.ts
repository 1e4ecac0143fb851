import { access, link, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { checkpointIdSchema, packNameSchema, type CheckpointId, type PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord, CheckpointStore } from '../../ports/checkpoint-store.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import { nameOfPart } from './object-path.ts'
import { syncFolder, writeDurably } from './write-durably.ts'

const recordSchema = z.object({
  id: checkpointIdSchema,
  parent: checkpointIdSchema.exactOptional(),
  packs: z.array(packNameSchema),
  createdAt: z.string(),
})

/**
 * Checkpoints of one workspace in a folder, such as a mounted volume that several machines share: a file for each pack
 * and for each record, private to the user.
 */
export class FilesystemCheckpointStore implements CheckpointStore {
  readonly #folder: string

  constructor({ folder, scope }: { readonly folder: string; readonly scope: WorkspaceScope }) {
    this.#folder = join(folder, nameOfPart(scope.organizationId), nameOfPart(scope.workspaceId))
  }

  async putPack(name: PackName, bytes: Uint8Array): Promise<void> {
    if (!(await this.#touch(name))) await this.#write(this.#fileOfPack(name), bytes)
  }

  async linkPack(name: PackName, file: string): Promise<void> {
    if (await this.#touch(name)) return
    if (!(await linkDurably(file, this.#fileOfPack(name)))) await this.putPack(name, await readFile(file))
  }

  async getPack(name: PackName): Promise<Uint8Array<ArrayBuffer> | null> {
    return orNull(readFile(this.#fileOfPack(name)))
  }

  async missingPacks(names: readonly PackName[]): Promise<PackName[]> {
    const found = await Promise.all(names.map((name) => exists(this.#fileOfPack(name))))
    return names.filter((_, place) => !found[place])
  }

  async putRecord(sessionId: SessionId, record: CheckpointRecord): Promise<void> {
    const hasPacks = (await Promise.all(record.packs.map((name) => this.#touch(name)))).every(Boolean)
    const hasParent = record.parent === undefined || (await exists(this.#fileOfRecord(sessionId, record.parent)))
    if (!hasPacks || !hasParent) {
      throw new PerdureError('storage_failed', `What ${record.id} needs is not all here.`)
    }
    await this.#write(this.#fileOfRecord(sessionId, record.id), Buffer.from(JSON.stringify(record)))
  }

  async getRecord(sessionId: SessionId, id: CheckpointId): Promise<CheckpointRecord | null> {
    const text = await orNull(readFile(this.#fileOfRecord(sessionId, id), 'utf8'))
    return text === null ? null : recordSchema.parse(JSON.parse(text))
  }

  async listRecords(sessionId: SessionId): Promise<CheckpointRecord[]> {
    const folder = this.#folderOfSession(sessionId)
    const names = (await orNull(readdir(folder))) ?? []
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
    const records = await Promise.all(
      ids.map(async (id) => {
        const { mtimeMs } = await stat(join(folder, `${id}.json`))
        return { mtimeMs, record: await this.getRecord(sessionId, checkpointIdSchema.parse(id)) }
      }),
    )
    // Within one tick of the file system's clock, a parent still comes first.
    return records
      .toSorted((a, b) => a.mtimeMs - b.mtimeMs || (a.record?.parent === b.record?.id ? 1 : -1))
      .flatMap(({ record }) => record ?? [])
  }

  async deleteRecords(sessionId: SessionId): Promise<void> {
    await rm(this.#folderOfSession(sessionId), { recursive: true, force: true })
  }

  async deleteUnusedPacks({ graceMs }: { readonly graceMs: number }): Promise<number> {
    const folder = join(this.#folder, 'packs')
    const before = Date.now() - graceMs
    const files = ((await orNull(readdir(folder))) ?? []).map((name) => join(folder, name))
    const old = await filterAsync(files, (file) => isOlder(file, before))
    if (old.length === 0) return 0
    const needed = await this.#neededFiles()
    let count = 0
    for (const file of old) {
      // Looked at again, since a record that is being put now has renewed it.
      if (needed.has(file) || !(await isOlder(file, before))) continue
      await rm(file, { force: true })
      if (file.endsWith('.pack')) count++
    }
    return count
  }

  /** Keeps a pack from being removed as unused for a while; false when it is not here. */
  async #touch(name: PackName): Promise<boolean> {
    const now = new Date()
    return (await orNull(utimes(this.#fileOfPack(name), now, now).then(() => true))) ?? false
  }

  async #neededFiles(): Promise<Set<string>> {
    const sessions = join(this.#folder, 'sessions')
    const needed = new Set<string>()
    for (const session of (await orNull(readdir(sessions))) ?? []) {
      const names = (await orNull(readdir(join(sessions, session)))) ?? []
      for (const name of names.filter((one) => one.endsWith('.json'))) {
        const text = await orNull(readFile(join(sessions, session, name), 'utf8'))
        for (const pack of text === null ? [] : recordSchema.parse(JSON.parse(text)).packs) {
          needed.add(this.#fileOfPack(pack))
        }
      }
    }
    return needed
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    try {
      if (await exists(file)) return
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeDurably(file, bytes)
    } catch (error) {
      throw new PerdureError('storage_failed', 'A checkpoint could not be written to its store.', { cause: error })
    }
  }

  #fileOfPack(name: PackName): string {
    return join(this.#folder, 'packs', `${packNameSchema.parse(name)}.pack`)
  }

  #folderOfSession(sessionId: SessionId): string {
    return join(this.#folder, 'sessions', nameOfPart(sessionId))
  }

  #fileOfRecord(sessionId: SessionId, id: CheckpointId): string {
    return join(this.#folderOfSession(sessionId), `${checkpointIdSchema.parse(id)}.json`)
  }
}

/** False where the two places cannot share a file, as on different disks. */
async function linkDurably(file: string, target: string): Promise<boolean> {
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await link(file, target)
    await syncFolder(dirname(target))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
}

async function orNull<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new PerdureError('storage_failed', 'The store of checkpoints cannot be read.', { cause: error })
  }
}

const exists = async (file: string): Promise<boolean> => (await orNull(access(file).then(() => true))) ?? false

async function filterAsync<Item>(items: readonly Item[], accept: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const accepted = await Promise.all(items.map(accept))
  return items.filter((_, place) => accepted[place])
}

const isOlder = async (file: string, before: number): Promise<boolean> =>
  ((await orNull(stat(file)))?.mtimeMs ?? Infinity) <= before
