import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { objectIdOf, parseTree, type ObjectType, type TreeEntry } from './git-object.ts'
import { encodeEntry, encodePack, inflateEntry, packHeaderBytes, parseEntryHeader, type PackedObject } from './pack.ts'
import { encodePackIndex } from './pack-index.ts'
import { PackFolder } from './pack-folder.ts'

/** A pack is closed when it has grown this far, so that it can travel in one piece and be held in memory. */
const packBytes = 32 * 2 ** 20
/** Offsets stay below it, so that one number can say pack and offset. */
const packFactor = 2 ** 32

interface OpenPack {
  readonly file: number
  readonly size: number
}

/**
 * Objects by their id, in the packs of one folder. What is put stays in memory until its pack is full or
 * {@link flush} is called; an object that is there already is not written again. One thread, no locks: packs are
 * named by their hash, so that two writers do no harm to each other.
 */
export class ObjectStore {
  readonly #packs: PackFolder
  readonly #places = new Map<string, number>()
  #names: PackName[] = []
  readonly #known = new Set<PackName>()
  readonly #open = new Map<number, OpenPack>()
  #pending: { readonly objects: PackedObject[]; readonly entries: Buffer[]; bytes: number } = emptyPack()
  readonly #pendingIds = new Set<string>()
  #written: PackName[] = []

  constructor(folder: string) {
    this.#packs = new PackFolder(folder)
    this.refresh()
  }

  /** Sees what other processes have written to the folder, and removed from it. */
  refresh(): void {
    const names = this.#packs.names()
    if (this.#names.some((name) => !names.has(name))) this.#forgetAll()
    for (const name of names) if (!this.hasPack(name)) this.#enter(name, this.#packs.objectsOf(name))
  }

  has(id: string): boolean {
    return this.#places.has(id) || this.#pendingIds.has(id)
  }

  put(type: ObjectType, data: Uint8Array): string {
    const id = objectIdOf(type, data)
    if (this.has(id)) return id
    const { bytes, crc } = encodeEntry(type, data)
    this.#pending.objects.push({ id, crc, offset: packHeaderBytes + this.#pending.bytes })
    this.#pending.entries.push(bytes)
    this.#pending.bytes += bytes.length
    this.#pendingIds.add(id)
    if (this.#pending.bytes >= packBytes) this.#writePack()
    return id
  }

  /** Makes durable what was put, and names the packs that were written since the last call. */
  flush(): readonly PackName[] {
    if (this.#pending.objects.length > 0) this.#writePack()
    const written = this.#written
    this.#written = []
    return written
  }

  /** Forgets what was put and not yet written. */
  discardPending(): void {
    this.#pending = emptyPack()
    this.#pendingIds.clear()
  }

  /** @throws {PerdureError} `checkpoint_invalid` when the object is missing, damaged or of another type. */
  read(id: string, type: ObjectType): Buffer {
    const place = this.#places.get(id)
    if (place === undefined) throw new PerdureError('checkpoint_invalid', `The checkpoint lacks the ${type} ${id}.`)
    const pack = this.#openPack(Math.floor(place / packFactor))
    const offset = place % packFactor
    const start = read(pack, { offset, length: 4096 })
    const header = parseEntryHeader(start, 0)
    // The most that deflate can make of so many bytes.
    const length = header.length + header.size + Math.ceil(header.size / 1000) + 64
    const bytes = length <= start.length ? start : read(pack, { offset, length })
    const { data } = inflateEntry(bytes, { offset: header.length, size: header.size })
    if (header.type === type && objectIdOf(type, data) === id) return data
    throw new PerdureError('checkpoint_invalid', `The ${type} ${id} is damaged.`)
  }

  /** Without reading the object itself. @throws {PerdureError} `checkpoint_invalid` when it is missing. */
  typeOf(id: string): ObjectType {
    const place = this.#places.get(id)
    if (place === undefined) throw new PerdureError('checkpoint_invalid', `The checkpoint lacks the object ${id}.`)
    const pack = this.#openPack(Math.floor(place / packFactor))
    return parseEntryHeader(read(pack, { offset: place % packFactor, length: 16 }), 0).type
  }

  readTree(id: string): TreeEntry[] {
    return parseTree(this.read(id, 'tree'))
  }

  packOf(id: string): PackName | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#names[Math.floor(place / packFactor)]
  }

  hasPack(name: PackName): boolean {
    return this.#known.has(name)
  }

  readPack(name: PackName): Buffer {
    return this.#packs.read(name)
  }

  fileOfPack(name: PackName): string {
    return this.#packs.fileOf(name)
  }

  /** Keeps a pack whose objects were all checked. */
  addPack(pack: Buffer, objects: readonly PackedObject[]): PackName {
    const name = this.#packs.write(pack, encodePackIndex(objects, pack.subarray(-20)))
    if (!this.hasPack(name)) this.#enter(name, objects)
    return name
  }

  /** Packs are written once, so their age is that of their file. */
  removePacks(isUnneeded: (name: PackName, ageMs: number) => boolean): void {
    for (const name of this.#names) if (isUnneeded(name, this.#packs.ageMsOf(name))) this.#packs.remove(name)
    this.refresh()
  }

  close(): void {
    for (const { file } of this.#open.values()) closeSync(file)
    this.#open.clear()
  }

  #forgetAll(): void {
    this.close()
    this.#names = []
    this.#known.clear()
    this.#places.clear()
  }

  #writePack(): void {
    const { entries, objects } = this.#pending
    this.#written.push(this.addPack(encodePack(entries), objects))
    this.discardPending()
  }

  #enter(name: PackName, objects: readonly Pick<PackedObject, 'id' | 'offset'>[]): void {
    const number = this.#names.push(name) - 1
    this.#known.add(name)
    for (const { id, offset } of objects) this.#places.set(id, number * packFactor + offset)
  }

  #openPack(number: number): OpenPack {
    const known = this.#open.get(number)
    if (known !== undefined) return known
    if (this.#open.size >= 64) this.close()
    const file = openSync(this.#packs.fileOf(this.#names[number]!), 'r')
    const pack = { file, size: fstatSync(file).size }
    this.#open.set(number, pack)
    return pack
  }
}

const emptyPack = () => ({ objects: [], entries: [], bytes: 0 })

function read({ file, size }: OpenPack, { offset, length }: { offset: number; length: number }): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)))
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset))
}
