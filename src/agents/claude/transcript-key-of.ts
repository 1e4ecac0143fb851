import type { TranscriptKey } from '../../ports/transcript-store.ts'

/** The place of one part of a conversation; the SDK names the parts as we do. */
export const transcriptKeyOf = (agentSessionId: string, { subpath }: { subpath?: string }): TranscriptKey =>
  subpath === undefined ? { agentSessionId } : { agentSessionId, subpath }
