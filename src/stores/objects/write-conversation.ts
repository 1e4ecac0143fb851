import type { TranscriptAppendOptions, TranscriptKey } from '../../ports/transcript-store.ts'
import type { Batches } from './batches.ts'
import {
  mainSubpath,
  newConversation,
  transcriptItems,
  valueAt,
  type Conversation,
  type TranscriptItem,
} from './conversation.ts'
import { emptyList, mayHave, withItems, type StoredList } from './stored-list.ts'
import type { JsonValue } from '../../domain/json-value.ts'
import { leaseLost } from '../leases/refusals.ts'

export interface TranscriptWrite extends TranscriptKey {
  readonly items: readonly TranscriptItem[]
  readonly fence: number
  readonly summarize: TranscriptAppendOptions['summarize'] | undefined
}

/** The conversation with the entries of a write that it has not yet. @throws {PerdureError} `lease_lost`. */
export async function writtenConversation(
  batches: Batches,
  before: Conversation | null,
  write: TranscriptWrite & { nowMs: number; isFenced: boolean },
): Promise<Conversation> {
  const { agentSessionId, subpath = mainSubpath, items, fence, nowMs } = write
  const conversation = before ?? newConversation(0, nowMs)
  if (write.isFenced && fence < conversation.fence) {
    throw leaseLost(`conversation ${agentSessionId}`, { fence, highestFence: conversation.fence })
  }
  const { summary } = conversation
  const list = valueAt(conversation.parts, subpath) ?? emptyList
  const fresh = await withoutKnown(batches, list, items)
  return {
    fence,
    updatedAtMs: nowMs,
    summary: write.summarize ? JSON.stringify(write.summarize(parsed(summary))) : summary,
    parts: { ...conversation.parts, [subpath]: withItems(list, fresh, transcriptItems) },
  }
}

/** The items that the list has not; of several with one uuid the first. */
async function withoutKnown(
  batches: Batches,
  list: StoredList<TranscriptItem>,
  items: readonly TranscriptItem[],
): Promise<TranscriptItem[]> {
  const known = new Set<string>()
  const given = items.flatMap(({ uuid }) => uuid ?? [])
  if (given.length > 0) {
    for await (const { items: stored } of batches.read(list, (batch) => mayHave(batch, 'uuid', given))) {
      for (const { uuid } of stored) if (uuid !== null) known.add(uuid)
    }
  }
  return items.filter(({ uuid }) => {
    if (uuid === null) return true
    const isNew = !known.has(uuid)
    known.add(uuid)
    return isNew
  })
}

const parsed = (summary: string | null): JsonValue | null =>
  summary === null ? null : (JSON.parse(summary) as JsonValue)
