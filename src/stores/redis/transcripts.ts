import type { JsonValue } from '../../domain/json-value.ts'
import type {
  ListedTranscript,
  TranscriptAppendOptions,
  TranscriptEntry,
  TranscriptKey,
  TranscriptStore,
} from '../../ports/transcript-store.ts'
import { leaseLost, sessionNotFound } from '../leases/refusals.ts'
import { escapeName, unescapeName } from './redis-keys.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import {
  appendEntries,
  conversationParts,
  conversationSummary,
  deleteEntries,
  listConversations,
  rangeOfEntries,
} from './scripts/transcript-scripts.ts'

const entriesPerRead = 500

export class RedisTranscriptStore implements TranscriptStore {
  readonly #workspace: RedisWorkspace
  /** Appends of this process that make a summary from the one before: one after the other, by conversation. */
  readonly #summaries = new Map<string, Promise<unknown>>()

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async append(
    key: TranscriptKey,
    entries: readonly TranscriptEntry[],
    options: TranscriptAppendOptions = {},
  ): Promise<void> {
    if (entries.length === 0) return
    const encoded = entries.flatMap((entry) => [
      typeof entry['uuid'] === 'string' ? entry['uuid'] : '',
      JSON.stringify(entry),
    ])
    const { summarize } = options
    if (summarize === undefined) await this.#append(key, encoded, { ...options, summary: undefined })
    else await this.#inTurn(key.agentSessionId, () => this.#appendAndSummarize(key, encoded, { ...options, summarize }))
  }

  async load(key: TranscriptKey): Promise<TranscriptEntry[] | null> {
    const entries: TranscriptEntry[] = []
    for (let first = 0; ; first += entriesPerRead) {
      const args = [...namesOf(key), first, first + entriesPerRead - 1]
      const read = await this.#workspace.run<string[]>(rangeOfEntries, args)
      entries.push(...read.map((payload) => JSON.parse(payload) as TranscriptEntry))
      if (read.length < entriesPerRead) return entries.length === 0 ? null : entries
    }
  }

  async listSubpaths(agentSessionId: string): Promise<string[]> {
    const parts = await this.#workspace.run<string[]>(conversationParts, [escapeName(agentSessionId)])
    return parts
      .filter((part) => part !== '')
      .map((part) => unescapeName(part))
      .toSorted()
  }

  async list({ prefix = '' }: { readonly prefix?: string } = {}): Promise<ListedTranscript[]> {
    const rows = await this.#workspace.run<string[]>(listConversations, [escapeName(prefix)])
    return Array.from({ length: rows.length / 3 }, (_, index) => ({
      agentSessionId: unescapeName(rows[3 * index]!),
      updatedAt: new Date(Number(rows[3 * index + 1])),
      summary: parsed(rows[3 * index + 2]!),
    }))
  }

  async delete({ agentSessionId, subpath }: TranscriptKey): Promise<void> {
    const isPart = subpath === undefined ? 0 : 1
    await this.#workspace.run(deleteEntries, [escapeName(agentSessionId), isPart, escapeName(subpath ?? '')])
  }

  async #appendAndSummarize(
    key: TranscriptKey,
    encoded: readonly string[],
    options: TranscriptAppendOptions & Required<Pick<TranscriptAppendOptions, 'summarize'>>,
  ): Promise<void> {
    let [before] = await this.#workspace.run<string[]>(conversationSummary, [escapeName(key.agentSessionId)])
    while (before !== undefined) {
      const summary = { before, after: JSON.stringify(options.summarize(parsed(before))) }
      // Another process may have been quicker; then it is made from what that one wrote.
      before = await this.#append(key, encoded, { ...options, summary })
    }
  }

  /** Resolves to the summary that is there when it is another than the one given, and nothing is done. */
  async #append(
    key: TranscriptKey,
    encoded: readonly string[],
    options: TranscriptAppendOptions & { summary: { before: string; after: string } | undefined },
  ): Promise<string | undefined> {
    const { sessionId = '', fence = 0, summary } = options
    const summaries = summary ? [1, summary.before, summary.after] : [0, '', '']
    const args = [...namesOf(key), sessionId, fence, ...summaries, ...encoded]
    const [status, detail] = await this.#workspace.run<string[]>(appendEntries, args)
    if (status === 'session_not_found') throw sessionNotFound(sessionId)
    if (status === 'lease_lost') {
      throw leaseLost(`conversation ${key.agentSessionId}`, { fence, highestFence: Number(detail) })
    }
    return status === 'summary_changed' ? detail : undefined
  }

  async #inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#summaries.get(name) ?? Promise.resolve()).then(work, work)
    this.#summaries.set(name, turn)
    try {
      await turn
    } finally {
      if (this.#summaries.get(name) === turn) this.#summaries.delete(name)
    }
  }
}

/** Of the conversation and of its part, which is empty for the main one, as they stand in keys. */
const namesOf = ({ agentSessionId, subpath = '' }: TranscriptKey): [string, string] => [
  escapeName(agentSessionId),
  escapeName(subpath),
]

const parsed = (summary: string): JsonValue | null => (summary === '' ? null : (JSON.parse(summary) as JsonValue))
