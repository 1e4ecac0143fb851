import { createHash, type Hash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { HistoryPart } from './session-part.ts'

/** How much of each kind there is in a history, and a hash of all of it. */
export interface HistorySummary {
  readonly events: number
  /** The sequence number of the newest event. */
  readonly head: number
  readonly transcriptEntries: number
  readonly conversations: number
  readonly checkpoints: number
  readonly packs: number
  readonly packBytes: number
  readonly sha256: Readonly<Record<HistoryPart['type'], string>>
}

/** Counts and hashes a history while it is read. Two histories are the same when their summaries are. */
export class HistoryDigest {
  readonly #hashes: Record<HistoryPart['type'], Hash> = {
    events: createHash('sha256'),
    transcript: createHash('sha256'),
    pack: createHash('sha256'),
    checkpoint: createHash('sha256'),
  }
  readonly #conversations = new Set<string>()
  #counts = { events: 0, head: 0, transcriptEntries: 0, checkpoints: 0, packs: 0, packBytes: 0 }

  add(part: HistoryPart): void {
    const hash = this.#hashes[part.type]
    const counts = this.#counts
    switch (part.type) {
      case 'events':
        for (const event of part.events) hash.update(canonicalJson(event))
        counts.events += part.events.length
        counts.head = part.events.at(-1)?.sequence ?? counts.head
        return
      case 'transcript':
        for (const entry of part.entries) hash.update(canonicalJson([part.key, entry]))
        counts.transcriptEntries += part.entries.length
        this.#conversations.add(part.key.agentSessionId)
        return
      case 'pack':
        hash.update(part.name).update(part.bytes)
        counts.packs += 1
        counts.packBytes += part.bytes.length
        return
      case 'checkpoint':
        hash.update(canonicalJson(part.checkpoint))
        counts.checkpoints += 1
    }
  }

  /** Of all that was added; nothing is added after it. */
  summary(): HistorySummary {
    const { events, transcript, pack, checkpoint } = this.#hashes
    return {
      ...this.#counts,
      conversations: this.#conversations.size,
      sha256: {
        events: events.digest('hex'),
        transcript: transcript.digest('hex'),
        pack: pack.digest('hex'),
        checkpoint: checkpoint.digest('hex'),
      },
    }
  }
}
