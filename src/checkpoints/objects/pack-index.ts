import { createHash } from 'node:crypto'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { PackedObject } from './pack.ts'

const fanoutBytes = 256 * 4
const headerBytes = 8

/** Git's index of a pack, version 2. Packs stay far below 2 GiB, so the table of long offsets is never needed. */
export function encodePackIndex(objects: readonly PackedObject[], packHash: Buffer): Buffer {
  const sorted = objects.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const fanout = Buffer.alloc(fanoutBytes)
  const counts = Array.from({ length: 256 }, () => 0)
  for (const { id } of sorted) counts[Number.parseInt(id.slice(0, 2), 16)]! += 1
  let total = 0
  for (const [first, count] of counts.entries()) fanout.writeUInt32BE((total += count), first * 4)
  const crcs = Buffer.alloc(sorted.length * 4)
  const offsets = Buffer.alloc(sorted.length * 4)
  for (const [place, { crc, offset }] of sorted.entries()) {
    crcs.writeUInt32BE(crc, place * 4)
    offsets.writeUInt32BE(offset, place * 4)
  }
  const ids = Buffer.from(sorted.map(({ id }) => id).join(''), 'hex')
  const body = Buffer.concat([Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]), fanout, ids, crcs, offsets, packHash])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

/** Ids and offsets of a pack's objects. @throws {PerdureError} `checkpoint_invalid` when the file is damaged. */
export function parsePackIndex(index: Buffer): Pick<PackedObject, 'id' | 'offset'>[] {
  const count = index.length < headerBytes + fanoutBytes ? -1 : index.readUInt32BE(headerBytes + fanoutBytes - 4)
  const idsAt = headerBytes + fanoutBytes
  const offsetsAt = idsAt + count * 24
  const hash = createHash('sha1').update(index.subarray(0, -20)).digest()
  if (count < 0 || index.length !== offsetsAt + count * 4 + 40 || !hash.equals(index.subarray(-20))) {
    throw new PerdureError('checkpoint_invalid', 'The index of a pack is damaged.')
  }
  return Array.from({ length: count }, (_, place) => ({
    id: index.toString('hex', idsAt + place * 20, idsAt + place * 20 + 20),
    offset: index.readUInt32BE(offsetsAt + place * 4),
  }))
}
