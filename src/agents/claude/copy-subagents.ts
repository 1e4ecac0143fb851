import type { RunTranscripts } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

export interface CopySubagentsRequest {
  readonly transcripts: RunTranscripts
  readonly from: string
  readonly to: string
  /** The last message of the main conversation that is copied: what the sub-agents did later is left out. */
  readonly notAfter?: TranscriptEntry
}

/**
 * Gives a fork its own copies of the sub-agents' transcripts: the SDK forks only the main conversation,
 * and a sub-agent that is spoken to again later would have forgotten everything.
 */
export async function copySubagents({ transcripts, from, to, notAfter }: CopySubagentsRequest): Promise<void> {
  for (const subpath of await transcripts.listSubpaths(from)) {
    const entries = (await transcripts.load({ agentSessionId: from, subpath })) ?? []
    const copied = entries.filter((entry) => notAfter === undefined || !isLater(entry, notAfter))
    // One that had said nothing by then had not begun.
    if (notAfter !== undefined && copied.every(({ type }) => type !== 'assistant')) continue
    const renamed = copied.map((entry) => renameSession(entry, from, to))
    await transcripts.append({ agentSessionId: to, subpath }, renamed)
  }
}

export const renameSession = (entry: TranscriptEntry, from: string, to: string): TranscriptEntry =>
  entry['sessionId'] === from ? { ...entry, sessionId: to } : entry

/** Times are ISO 8601; what has none belongs to all that stands beside it. */
function isLater({ timestamp }: TranscriptEntry, { timestamp: last }: TranscriptEntry): boolean {
  return typeof timestamp === 'string' && typeof last === 'string' && Date.parse(timestamp) > Date.parse(last)
}
