import type { LineCounts } from '../../domain/work-tree.ts'

/** Files that differ in more lines than this are not compared line by line. */
const mostDifferences = 4000
const largestBytes = 4 * 2 ** 20

/** How many lines came and went at the least; null for what is no text, and for texts with too little in common. */
export function countLines(before: Buffer, after: Buffer): LineCounts | null {
  if ([before, after].some((bytes) => bytes.length > largestBytes || bytes.subarray(0, 8000).includes(0))) return null
  const numbers = new Map<string, number>()
  const numbered = (bytes: Buffer): number[] =>
    linesOf(bytes).map((line) => numbers.get(line) ?? numbers.set(line, numbers.size).size - 1)
  const [old, current] = [numbered(before), numbered(after)]
  const [inOld, inCurrent] = [new Set(old), new Set(current)]
  // A line that the other side does not have at all can only have come, or gone.
  const shared = [old.filter((line) => inCurrent.has(line)), current.filter((line) => inOld.has(line))] as const
  const distance = editDistance(...shared)
  if (distance === null) return null
  const added = (distance + shared[1].length - shared[0].length) / 2
  return {
    added: added + current.length - shared[1].length,
    removed: distance - added + old.length - shared[0].length,
  }
}

/** A last line without its end is another line. */
function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('latin1').split(/(?<=\n)/)
  return lines[0] === '' ? [] : lines
}

/** Insertions and deletions at the least (Myers, An O(ND) Difference Algorithm); null beyond the limit. */
function editDistance(a: readonly number[], b: readonly number[]): number | null {
  const limit = Math.min(a.length + b.length, mostDifferences)
  const furthest = new Int32Array(2 * limit + 3)
  const middle = limit + 1
  for (let distance = 0; distance <= limit; distance++) {
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const [below, above] = [furthest[middle + diagonal - 1]!, furthest[middle + diagonal + 1]!]
      let x = diagonal === -distance || (diagonal !== distance && below < above) ? above : below + 1
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1
      furthest[middle + diagonal] = x
      if (x >= a.length && x - diagonal >= b.length) return distance
    }
  }
  return null
}
