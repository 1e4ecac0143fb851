import { readSync } from 'node:fs'

/** Files above this size are saved in pieces. */
export const largeFileBytes = 8 * 2 ** 20

const minimumBytes = 2 ** 20
const maximumBytes = 4 * 2 ** 20
// One place in a million ends a piece: 20 bits, taken from above, where the sum has mixed the most bytes.
const boundaryMask = 0x3fff_fc00

/** Fixed for ever: other numbers would cut files at other places, and no piece would be known any more. */
const gear = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = Math.imul(byte + 1, 0x9e3779b1)
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
})

/**
 * Reads an open file to its end and gives its pieces of 1 to 4 MiB. Where a piece ends depends on the bytes before
 * alone, so bytes that are inserted change one or two pieces. The buffer of a piece is used again for the next.
 */
export function* splitLargeFile(file: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(maximumBytes)
  let filled = 0
  for (;;) {
    for (let count = -1; filled < buffer.length && count !== 0; filled += count) {
      count = readSync(file, buffer, filled, buffer.length - filled, null)
    }
    if (filled === 0) return
    const end = endOfPiece(buffer, filled)
    yield buffer.subarray(0, end)
    buffer.copyWithin(0, end, filled)
    filled -= end
  }
}

function endOfPiece(buffer: Buffer, filled: number): number {
  let sum = 0
  // The sum forgets what is more than 32 bytes back.
  for (let place = minimumBytes - 32; place < filled; place++) {
    sum = (Math.imul(sum, 2) + gear[buffer[place]!]!) | 0
    if (place >= minimumBytes && (sum & boundaryMask) === 0) return place + 1
  }
  return filled
}
