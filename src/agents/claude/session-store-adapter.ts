import type { SessionStore, SessionStoreEntry } from '@anthropic-ai/claude-agent-sdk'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { RunTranscripts } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { transcriptKeyOf } from './transcript-key-of.ts'

export interface SessionStoreAdapterOptions {
  /** Called when this run can write no more: its session is another's, or its storage is lost. The agent must end at once. */
  readonly onUnwritable: (error: PerdureError) => void
  /** True once the run is given up: what its agent still says has no place, and the SDK's retries no use. */
  readonly isAbandoned: () => boolean
  /** Hears of what is durable. */
  readonly onStored?: (entries: readonly TranscriptEntry[]) => void
}

const isFinal: ReadonlySet<unknown> = new Set(['lease_lost', 'storage_failed'])

/**
 * The transcripts of a run as the Agent SDK's session store. The SDK's `projectKey` is made of the folder
 * that a session ran in; it is left out, so that any folder and any machine may resume.
 */
export function sessionStoreOver(store: RunTranscripts, options: SessionStoreAdapterOptions): SessionStore {
  return {
    append: async (key, entries) => {
      if (options.isAbandoned()) return
      try {
        await store.append(transcriptKeyOf(key.sessionId, key), entries)
        options.onStored?.(entries)
      } catch (error) {
        // The SDK would try again, which mends neither: the storage has waited for itself already.
        if (PerdureError.is(error) && isFinal.has(error.code)) options.onUnwritable(error)
        throw error
      }
    },
    // What comes out went in through `append`: entries of the SDK's own.
    load: async (key) => (await store.load(transcriptKeyOf(key.sessionId, key))) as SessionStoreEntry[] | null,
    listSubkeys: ({ sessionId }) => store.listSubpaths(sessionId),
  }
}
