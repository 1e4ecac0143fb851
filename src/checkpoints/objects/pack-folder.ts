import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packNameSchema, type PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { parsePackIndex } from './pack-index.ts'
import { writeDurably } from './write-durably.ts'

/** Nobody writes one file for so long: whoever did has died. */
const abandonedAfterMs = 3_600_000

/** The files of the packs: those of a bare git repository, so that git can read them too. */
export class PackFolder {
  readonly #folder: string

  constructor(store: string) {
    this.#folder = join(store, 'objects', 'pack')
    if (existsSync(this.#folder)) return
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    mkdirSync(join(store, 'refs', 'checkpoints'), { recursive: true, mode: 0o700 })
    writeDurably(join(store, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')
    writeDurably(join(store, 'HEAD'), 'ref: refs/heads/none\n')
  }

  /** The packs that are complete, sorted: one without its index was being written when its writer died. */
  names(): Set<PackName> {
    const files = new Set(readdirSync(this.#folder))
    for (const file of files) if (file.endsWith('.tmp')) this.#removeAbandoned(join(this.#folder, file))
    return new Set(
      [...files]
        .filter((file) => file.endsWith('.pack') && files.has(file.replace(/pack$/, 'idx')))
        .toSorted()
        .map((file) => packNameSchema.parse(file.slice(0, -'.pack'.length))),
    )
  }

  objectsOf(name: PackName): ReturnType<typeof parsePackIndex> {
    return parsePackIndex(readFileSync(join(this.#folder, `${name}.idx`)))
  }

  fileOf(name: PackName): string {
    return join(this.#folder, `${name}.pack`)
  }

  /** @throws {PerdureError} `checkpoint_not_found` for a pack that is not there. */
  read(name: PackName): Buffer {
    if (!existsSync(this.fileOf(name))) throw new PerdureError('checkpoint_not_found', `There is no ${name}.`)
    return readFileSync(this.fileOf(name))
  }

  ageMsOf(name: PackName): number {
    return Date.now() - statSync(this.fileOf(name)).ctimeMs
  }

  /** Without its index a pack does not count. */
  remove(name: PackName): void {
    rmSync(join(this.#folder, `${name}.idx`), { force: true })
    rmSync(this.fileOf(name), { force: true })
  }

  #removeAbandoned(file: string): void {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat !== undefined && Date.now() - stat.mtimeMs > abandonedAfterMs) rmSync(file, { force: true })
  }

  write(pack: Buffer, index: Buffer): PackName {
    const name = packNameSchema.parse(`pack-${pack.subarray(-20).toString('hex')}`)
    writeDurably(this.fileOf(name), pack)
    writeDurably(join(this.#folder, `${name}.idx`), index)
    return name
  }
}
