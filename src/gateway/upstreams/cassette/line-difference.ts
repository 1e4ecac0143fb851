/** Lines around a difference that say where it is. */
const contextLines = 2
const maxLines = 24
const maxLineLength = 160
/** Longer texts are compared at their ends only. */
const maxCompared = 400

interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

/** Two texts by line: `-` stands in the recording, `+` is asked now. Equal parts are left out but for some context. */
export function lineDifference(recorded: string, now: string): readonly string[] {
  const lines = compareLines(recorded.split('\n'), now.split('\n'))
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]))
  const shown = lines.flatMap((line, index) => {
    const isNear = changed.some((at) => Math.abs(at - index) <= contextLines)
    return isNear ? [`${line.mark} ${line.text}`] : []
  })
  const others = shown.slice(0, maxLines).map((line) => shorten(line, firstDifference(recorded, now)))
  return shown.length > maxLines ? [...others, `  … and ${shown.length - maxLines} more lines`] : others
}

function compareLines(recorded: readonly string[], now: readonly string[]): readonly Line[] {
  let start = 0
  while (start < recorded.length && start < now.length && recorded[start] === now[start]) start += 1
  let end = 0
  const most = Math.min(recorded.length, now.length) - start
  while (end < most && recorded.at(-1 - end) === now.at(-1 - end)) end += 1
  return [
    ...recorded.slice(0, start).map((text) => ({ mark: ' ', text }) as const),
    ...middle(recorded.slice(start, recorded.length - end), now.slice(start, now.length - end)),
    ...recorded.slice(recorded.length - end).map((text) => ({ mark: ' ', text }) as const),
  ]
}

/** The longest common sequence of lines stays, what is left of both is marked. */
function middle(recorded: readonly string[], now: readonly string[]): readonly Line[] {
  if (recorded.length > maxCompared || now.length > maxCompared) {
    return [
      ...recorded.map((text) => ({ mark: '-', text }) as const),
      ...now.map((text) => ({ mark: '+', text }) as const),
    ]
  }
  const lengths = commonLengths(recorded, now)
  const lines: Line[] = []
  let left = 0
  let right = 0
  while (left < recorded.length || right < now.length) {
    if (left < recorded.length && recorded[left] === now[right]) {
      lines.push({ mark: ' ', text: recorded[left]! })
      left += 1
      right += 1
    } else if (
      right >= now.length ||
      (left < recorded.length && lengths[left + 1]![right]! >= lengths[left]![right + 1]!)
    ) {
      lines.push({ mark: '-', text: recorded[left]! })
      left += 1
    } else {
      lines.push({ mark: '+', text: now[right]! })
      right += 1
    }
  }
  return lines
}

/** How many lines the rests of both have in common, from each place on. */
function commonLengths(recorded: readonly string[], now: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: recorded.length + 1 }, () => Array.from({ length: now.length + 1 }, () => 0))
  for (let left = recorded.length - 1; left >= 0; left--) {
    for (let right = now.length - 1; right >= 0; right--) {
      lengths[left]![right] =
        recorded[left] === now[right]
          ? lengths[left + 1]![right + 1]! + 1
          : Math.max(lengths[left + 1]![right]!, lengths[left]![right + 1]!)
    }
  }
  return lengths
}

/** In the only line of a text, where it differs; elsewhere unknown. */
function firstDifference(recorded: string, now: string): number {
  if (recorded.includes('\n') || now.includes('\n')) return 0
  let at = 0
  while (at < recorded.length && recorded[at] === now[at]) at += 1
  return at
}

function shorten(line: string, at: number): string {
  if (line.length <= maxLineLength) return line
  const start = Math.max(0, Math.min(at - maxLineLength / 2, line.length - maxLineLength))
  const cut = line.slice(2 + start, 2 + start + maxLineLength)
  return `${line.slice(0, 2)}${start > 0 ? '…' : ''}${cut}${2 + start + maxLineLength < line.length ? '…' : ''}`
}
