import { crc32 } from 'node:zlib'
import type { PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { objectIdOf, parseCommit, parseTree, type ObjectType } from '../objects/git-object.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { checkPackFrame, inflateEntry, packHeaderBytes, packTrailerBytes, parseEntryHeader } from '../objects/pack.ts'
import type { PackedObject } from '../objects/pack.ts'
import { parseStoredName } from '../objects/stored-name.ts'

export interface ImportRequest {
  readonly name: PackName
  readonly pack: Buffer
  /** What all objects of the pack may come to when inflated. */
  readonly maxInflatedBytes: number
}

/**
 * Keeps a pack that came from elsewhere, once all in it has been looked at: hashes, sizes, and names that would lead out
 * of a work tree. @throws {PerdureError} `checkpoint_invalid`, and then nothing is kept.
 */
export function importPack(store: ObjectStore, { name, pack, maxInflatedBytes }: ImportRequest): void {
  if (store.hasPack(name)) return
  const count = checkPackFrame(pack)
  if (name !== `pack-${pack.toString('hex', pack.length - packTrailerBytes)}`) throw broken('A pack has another name.')
  const end = pack.length - packTrailerBytes
  const objects: PackedObject[] = []
  let inflated = 0
  let offset = packHeaderBytes
  while (offset < end && objects.length <= count) {
    const { type, size, length } = parseEntryHeader(pack, offset)
    inflated += size
    if (inflated > maxInflatedBytes) throw broken(`A pack holds more than ${maxInflatedBytes} bytes.`)
    const { data, consumed } = inflateEntry(pack.subarray(0, end), { offset: offset + length, size })
    checkObject(type, data)
    const next = offset + length + consumed
    objects.push({ id: objectIdOf(type, data), offset, crc: crc32(pack.subarray(offset, next)) })
    offset = next
  }
  if (objects.length !== count || offset !== end) throw broken('A pack holds more or less than it says.')
  store.addPack(pack, objects)
}

function checkObject(type: ObjectType, data: Buffer): void {
  if (type === 'commit') parseCommit(data)
  if (type === 'tree') for (const { name } of parseTree(data)) parseStoredName(name)
}

const broken = (message: string): PerdureError => new PerdureError('checkpoint_invalid', message)
