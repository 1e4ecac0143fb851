import type { TranscriptEntry } from '../../ports/transcript-store.ts'

/**
 * Ids of the user's messages in a transcript. A message that opens a turn has an entry under its own id;
 * of several that open one together, the last has, and names the others; one that was taken in while the
 * agent worked is an attachment, which names it.
 */
export function inputsInTranscript(transcript: readonly TranscriptEntry[]): ReadonlySet<string> {
  return new Set(transcript.flatMap(inputsOf).filter((id) => typeof id === 'string'))
}

function inputsOf({ uuid, mergedSendUuids, attachment }: TranscriptEntry): readonly unknown[] {
  const merged: readonly unknown[] = Array.isArray(mergedSendUuids) ? mergedSendUuids : []
  const isQueued = typeof attachment === 'object' && attachment !== null && 'source_uuid' in attachment
  return [uuid, ...merged, ...(isQueued ? [attachment.source_uuid] : [])]
}
