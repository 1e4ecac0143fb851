/** The known name that a mistyped one most likely meant: it begins alike, or few letters differ. Null when none is near. */
export function suggestName(name: string, known: readonly string[]): string | null {
  const extended = known.filter((candidate) => name.length >= 3 && candidate.startsWith(name))
  if (extended.length === 1) return extended[0]!
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .toSorted((left, right) => left.distance - right.distance)
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : null
}

/** Letters to add, take away, replace or swap with their neighbour. */
function distanceOf(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= left.length; row++) {
    const above = rows[row - 1]!
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = above[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1)
      const swaps = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const swapped = swaps ? rows[row - 2]![column - 2]! + 1 : Infinity
      current.push(Math.min(replaced, swapped, above[column]! + 1, current[column - 1]! + 1))
    }
    rows.push(current)
  }
  return rows[left.length]![right.length]!
}
