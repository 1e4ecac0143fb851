import { createHash } from 'node:crypto'
import { constants, crc32, deflateSync, inflateSync } from 'node:zlib'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectType } from './git-object.ts'

/** Where an object stands in its pack. */
export interface PackedObject {
  readonly id: string
  readonly offset: number
  readonly crc: number
}

export interface EntryHeader {
  readonly type: ObjectType
  /** Bytes of the object when inflated. */
  readonly size: number
  /** Bytes of the header itself. */
  readonly length: number
}

const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3 }
const typeNames: readonly (ObjectType | undefined)[] = [undefined, 'commit', 'tree', 'blob']
export const packHeaderBytes = 12
export const packTrailerBytes = 20
/** Objects that are larger are refused: files of such a size are stored in pieces. */
export const largestObjectBytes = 64 * 2 ** 20
const probeBytes = 64 * 1024

/** One object as it stands in a pack: header and deflated data, never a delta. */
export function encodeEntry(type: ObjectType, data: Uint8Array): { readonly bytes: Buffer; readonly crc: number } {
  const header = [(typeNumbers[type] << 4) | (data.length & 15)]
  for (let rest = Math.floor(data.length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    header.push((header.pop() ?? 0) | 128, rest & 127)
  }
  const bytes = Buffer.concat([
    Buffer.from(header),
    deflateSync(data, { level: levelFor(data), chunkSize: roomFor(data) }),
  ])
  return { bytes, crc: crc32(bytes) }
}

/** Small objects are many: the usual 16 KiB for each would be more than all they hold. */
const roomFor = (data: Uint8Array): number => Math.min(2 ** 16, Math.ceil(data.length / 2) + 128)

/** What a probe cannot compress is only wrapped. */
function levelFor(data: Uint8Array): number {
  if (data.length <= probeBytes) return constants.Z_BEST_SPEED
  const probe = data.subarray(0, probeBytes)
  const isDense = deflateSync(probe, { level: constants.Z_BEST_SPEED }).length > probeBytes * 0.95
  return isDense ? constants.Z_NO_COMPRESSION : constants.Z_BEST_SPEED
}

/** @throws {PerdureError} `checkpoint_invalid` for a delta, an unknown type or a size out of all measure. */
export function parseEntryHeader(bytes: Buffer, offset: number): EntryHeader {
  let byte = bytes[offset] ?? 0
  const type = typeNames[(byte >> 4) & 7]
  let size = byte & 15
  let length = 1
  for (let factor = 16; (byte & 128) !== 0 && length < 7; factor *= 128) {
    byte = bytes[offset + length] ?? 0
    size += (byte & 127) * factor
    length += 1
  }
  if (type === undefined) throw broken('A pack holds an object of a type that checkpoints do not have.')
  if (size > largestObjectBytes) throw broken(`A pack holds an object of ${size} bytes.`)
  return { type, size, length }
}

/** The object whose deflated data begins at `offset`, and how many bytes that data took. */
export function inflateEntry(bytes: Buffer, { offset, size }: { offset: number; size: number }): InflatedEntry {
  try {
    // The types know the option `info` only for other calls.
    const { buffer, engine } = inflateSync(bytes.subarray(offset), {
      info: true,
      maxOutputLength: Math.max(size, 1),
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    if (buffer.length === size) return { data: buffer, consumed: engine.bytesWritten }
  } catch (error) {
    throw broken('An object of a pack cannot be inflated.', error)
  }
  throw broken('An object of a pack has another size than it says.')
}

interface InflatedEntry {
  readonly data: Buffer
  readonly consumed: number
}

/** A whole pack from its entries; the last bytes are its hash. */
export function encodePack(entries: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(packHeaderBytes)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(entries.length, 8)
  const hash = createHash('sha1').update(header)
  for (const entry of entries) hash.update(entry)
  return Buffer.concat([header, ...entries, hash.digest()])
}

/** The number of objects of a pack whose frame and hash are right. @throws {PerdureError} `checkpoint_invalid`. */
export function checkPackFrame(pack: Buffer): number {
  const end = pack.length - packTrailerBytes
  if (end < packHeaderBytes || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2) {
    throw broken('These bytes are no pack.')
  }
  const hash = createHash('sha1').update(pack.subarray(0, end)).digest()
  if (!hash.equals(pack.subarray(end))) throw broken('A pack is damaged or was cut: its hash is another.')
  return pack.readUInt32BE(8)
}

const broken = (message: string, cause?: unknown): PerdureError =>
  new PerdureError('checkpoint_invalid', message, { cause })
