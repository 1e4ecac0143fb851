import type { SessionId } from '../domain/ids.ts'
import type { RunTranscripts } from '../ports/agent-driver.ts'
import type { TranscriptStore } from '../ports/transcript-store.ts'

/** The transcripts as a run may use them: what its agent appends is written under the session's lease. */
export const transcriptsOfRun = (
  store: TranscriptStore,
  writer: { sessionId: SessionId; fence: number },
): RunTranscripts => ({
  append: (key, entries) => store.append(key, entries, writer),
  load: (key) => store.load(key),
  listSubpaths: (agentSessionId) => store.listSubpaths(agentSessionId),
})
