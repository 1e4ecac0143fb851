import type { SessionId } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json-value.ts'
import type {
  ListedTranscript,
  TranscriptAppendOptions,
  TranscriptEntry,
  TranscriptKey,
  TranscriptStore,
} from '../../ports/transcript-store.ts'
import { leaseLost } from '../leases/refusals.ts'
import type { MemoryConversation, MemoryWorkspace } from './memory-workspace.ts'

const mainSubpath = ''

export class MemoryTranscriptStore implements TranscriptStore {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async append(
    key: TranscriptKey,
    entries: readonly TranscriptEntry[],
    options: TranscriptAppendOptions = {},
  ): Promise<void> {
    if (entries.length === 0) return
    const encoded = entries.map((entry) => ({ uuid: entry['uuid'], payload: JSON.stringify(entry) }))
    const known = this.#workspace.conversations.get(key.agentSessionId)?.summary ?? null
    const summary = options.summarize ? JSON.stringify(options.summarize(parsed(known))) : known
    const conversation = this.#conversation(key.agentSessionId, {
      sessionId: options.sessionId,
      fence: options.fence ?? 0,
    })
    conversation.summary = summary
    const subpath = key.subpath ?? mainSubpath
    const part = conversation.parts.get(subpath) ?? { entries: [], uuids: new Set<string>() }
    conversation.parts.set(subpath, part)
    for (const { uuid, payload } of encoded) {
      if (typeof uuid === 'string') {
        if (part.uuids.has(uuid)) continue
        part.uuids.add(uuid)
      }
      part.entries.push(payload)
    }
  }

  async load(key: TranscriptKey): Promise<TranscriptEntry[] | null> {
    const part = this.#workspace.conversations.get(key.agentSessionId)?.parts.get(key.subpath ?? mainSubpath)
    return part?.entries.map((payload) => JSON.parse(payload) as TranscriptEntry) ?? null
  }

  async listSubpaths(agentSessionId: string): Promise<string[]> {
    const subpaths = [...(this.#workspace.conversations.get(agentSessionId)?.parts.keys() ?? [])]
    return subpaths.filter((subpath) => subpath !== mainSubpath).toSorted()
  }

  async list({ prefix = '' }: { readonly prefix?: string } = {}): Promise<ListedTranscript[]> {
    return [...this.#workspace.conversations]
      .filter(([agentSessionId, { parts }]) => agentSessionId.startsWith(prefix) && parts.has(mainSubpath))
      .map(([agentSessionId, { updatedAt, summary }]) => ({ agentSessionId, updatedAt, summary: parsed(summary) }))
      .toSorted((left, right) => right.updatedAt.getTime() - left.updatedAt.getTime())
  }

  async delete({ agentSessionId, subpath }: TranscriptKey): Promise<void> {
    const conversation = this.#workspace.conversations.get(agentSessionId)
    if (subpath !== undefined) {
      conversation?.parts.delete(subpath)
      return
    }
    // A session's conversation stays its own, so that a driver that lost the session cannot write it anew.
    if (conversation?.sessionId === null) this.#workspace.conversations.delete(agentSessionId)
    else if (conversation) {
      conversation.parts.clear()
      conversation.summary = null
    }
  }

  /** The conversation for a write under this fence. A session fences its conversations; without one each is fenced by itself. */
  #conversation(
    agentSessionId: string,
    { sessionId, fence }: { sessionId: SessionId | undefined; fence: number },
  ): MemoryConversation {
    const known = this.#workspace.conversations.get(agentSessionId)
    const owner = sessionId ?? known?.sessionId ?? null
    if (owner !== null) this.#workspace.fenced(owner, fence)
    else if (known && fence < known.fence) {
      throw leaseLost(`conversation ${agentSessionId}`, { fence, highestFence: known.fence })
    }
    const conversation = {
      parts: known?.parts ?? new Map(),
      sessionId: owner,
      fence,
      updatedAt: new Date(),
      summary: known?.summary ?? null,
    }
    this.#workspace.conversations.set(agentSessionId, conversation)
    return conversation
  }
}

const parsed = (summary: string | null): JsonValue | null =>
  summary === null ? null : (JSON.parse(summary) as JsonValue)
