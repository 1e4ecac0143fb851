import type { EventOfType, LoggedEvent } from './session-event.ts'

/** Events of a log that followed each other without a rewind between them. */
export interface Branch {
  /** Its first event: that of the rewind, or the log's first. */
  readonly first: number
  readonly last: number
  /** The event that it goes on from; null for the first branch. */
  readonly from: number | null
  /** Which branch that event is on, by its place in the list; null for the first branch. */
  readonly parent: number | null
  /** The newest event that the session still follows; null when it has left the branch before its first. */
  readonly followedTo: number | null
}

/** The branches of a whole log, the oldest first. */
export function branchesOf(events: readonly LoggedEvent[]): Branch[] {
  const starts = events.flatMap((event, index) => (index === 0 || isRewind(event) ? [event] : []))
  const firsts = starts.map(({ sequence }) => sequence)
  const branchOf = (sequence: number): number =>
    Math.max(
      0,
      firsts.findLastIndex((first) => first <= sequence),
    )
  const followed = new Map<number, number>()
  for (const { sequence } of visibleBranch(events)) followed.set(branchOf(sequence), sequence)
  return starts.map((start, index) => {
    const from = isRewind(start) ? start.to_sequence : null
    return {
      first: start.sequence,
      last: (firsts[index + 1] ?? events.length + 1) - 1,
      from,
      parent: from === null || index === 0 ? null : branchOf(from),
      followedTo: followed.get(index) ?? null,
    }
  })
}

/** What the session follows: all events of a log that lead to its newest one. */
export const visibleBranch = (events: readonly LoggedEvent[]): LoggedEvent[] => eventsUpTo(events, events.length)

/**
 * The events that lead to one of a whole log, itself the last, the oldest first. A rewind is among them, and after it
 * stands what was said since; what it went back over is not.
 */
export function eventsUpTo(events: readonly LoggedEvent[], sequence: number): LoggedEvent[] {
  const parts: (readonly LoggedEvent[])[] = []
  let end = sequence
  while (end > 0) {
    const start = events.findLastIndex((event) => event.sequence <= end && isRewind(event))
    parts.unshift(events.slice(Math.max(0, start), end))
    const rewind = events[start]
    end = rewind !== undefined && isRewind(rewind) ? Math.min(rewind.to_sequence, start) : 0
  }
  return parts.flat()
}

export const isRewind = (event: LoggedEvent): event is EventOfType<'perdure.session_rewound'> =>
  event.type === 'perdure.session_rewound'
