import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { callsIn, resultsIn } from './tool-blocks.ts'

/**
 * The longest beginning of a conversation with which it can go on: it makes no call without a result, but for those
 * that may be held, and ends with what the agent said or learned. Empty when there is none.
 */
export function wholePart(
  entries: readonly TranscriptEntry[],
  { heldCalls }: { readonly heldCalls: ReadonlySet<string> },
): readonly TranscriptEntry[] {
  let part = entries
  for (;;) {
    const answered = new Set(part.flatMap(resultsIn))
    const isLoose = (entry: TranscriptEntry): boolean =>
      callsIn(entry).some(({ id }) => !answered.has(id) && !heldCalls.has(id))
    const firstLoose = part.findIndex(isLoose)
    if (firstLoose === -1) break
    part = part.slice(0, firstLoose)
  }
  return part.slice(0, part.findLastIndex(isAgentsOwn) + 1)
}

/** The calls that have no result. */
export function openCalls(entries: readonly TranscriptEntry[]): string[] {
  const answered = new Set(entries.flatMap(resultsIn))
  return entries.flatMap(callsIn).flatMap(({ id }) => (answered.has(id) ? [] : [id]))
}

const isAgentsOwn = (entry: TranscriptEntry): boolean => entry['type'] === 'assistant' || resultsIn(entry).length > 0
