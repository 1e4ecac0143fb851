import type { RunTranscripts } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

export interface CopySubagentsRequest {
  readonly transcripts: RunTranscripts
  readonly from: string
  readonly to: string
}

/**
 * Gives a fork its own copies of the sub-agents' transcripts: the SDK forks only the main conversation,
 * and a sub-agent that is spoken to again later would have forgotten everything.
 */
export async function copySubagents({ transcripts, from, to }: CopySubagentsRequest): Promise<void> {
  for (const subpath of await transcripts.listSubpaths(from)) {
    const entries = (await transcripts.load({ agentSessionId: from, subpath })) ?? []
    const renamed = entries.map((entry) => renameSession(entry, from, to))
    await transcripts.append({ agentSessionId: to, subpath }, renamed)
  }
}

const renameSession = (entry: TranscriptEntry, from: string, to: string): TranscriptEntry =>
  entry['sessionId'] === from ? { ...entry, sessionId: to } : entry
