import type { RunTranscripts } from '../../ports/agent-driver.ts'
import { renameSession } from './copy-subagents.ts'
import { transcriptKeyOf } from './transcript-key-of.ts'

export interface LocalConversation {
  /** As Claude Code lists it. */
  readonly title: string
  /** The folder that it worked in, where that is known. */
  readonly workingDirectory: string | null
}

/** The conversation that Claude Code or the bare SDK keeps under this id on this machine's disk. */
export async function findLocalConversation(agentSessionId: string): Promise<LocalConversation | null> {
  const { getSessionInfo } = await import('@anthropic-ai/claude-agent-sdk')
  const info = await getSessionInfo(agentSessionId)
  return info === undefined ? null : { title: info.summary, workingDirectory: info.cwd ?? null }
}

/** Copies it with its sub-agents, under a new id: the one on the disk may go on by itself. */
export async function copyLocalConversation(request: {
  readonly from: string
  readonly to: string
  readonly transcripts: RunTranscripts
}): Promise<void> {
  const { from, to, transcripts } = request
  const { importSessionToStore } = await import('@anthropic-ai/claude-agent-sdk')
  await importSessionToStore(from, {
    append: (key, entries) =>
      transcripts.append(
        transcriptKeyOf(to, key),
        entries.map((entry) => renameSession(entry, from, to)),
      ),
    load: async () => null,
  })
}
