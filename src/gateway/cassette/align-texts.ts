/** A piece of a text and what stands in its place in another. */
export interface Replacement {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** So many equal characters in a row are no accident. */
const anchorLength = 16
/** No path, id or secret is longer. */
const reach = 4096

/** Where two texts differ that are equal for the most part. Applied to `before`, the result always gives `after`. */
export function replacementsBetween(before: string, after: string): readonly Replacement[] {
  const found: Replacement[] = []
  let left = 0
  let right = 0
  while (left < before.length || right < after.length) {
    if (left < before.length && before[left] === after[right]) {
      left += 1
      right += 1
      continue
    }
    const next = nextAnchor({ before, left }, { after, right })
    found.push({ start: left, end: next.left, text: after.slice(right, next.right) })
    left = next.left
    right = next.right
  }
  return found
}

/** The next place from which both go on alike; the end of both where there is none. */
function nextAnchor(
  { before, left }: { readonly before: string; readonly left: number },
  { after, right }: { readonly after: string; readonly right: number },
): { left: number; right: number } {
  const window = after.slice(right, right + reach)
  for (let skipped = 0; skipped <= reach && left + skipped < before.length; skipped++) {
    const anchor = before.slice(left + skipped, left + skipped + anchorLength)
    const isRest = left + skipped + anchor.length === before.length
    const at = isRest ? restAt(window, { anchor, isWhole: right + reach >= after.length }) : window.indexOf(anchor)
    if (at >= 0) return { left: left + skipped, right: right + at }
  }
  return { left: before.length, right: after.length }
}

/** Near the end what is left of the one must be the end of the other, too. */
const restAt = (window: string, { anchor, isWhole }: { anchor: string; isWhole: boolean }): number =>
  isWhole && window.endsWith(anchor) ? window.length - anchor.length : -1
