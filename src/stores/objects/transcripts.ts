import type { SessionId } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json-value.ts'
import type {
  ListedTranscript,
  TranscriptAppendOptions,
  TranscriptEntry,
  TranscriptKey,
  TranscriptStore,
} from '../../ports/transcript-store.ts'
import { readingNewest } from './batches.ts'
import { claimConversation, withKept } from './claim-conversation.ts'
import { mainSubpath, valueAt, type Conversation, type TranscriptItem } from './conversation.ts'
import { mapSome } from './documents.ts'
import { findConversation, isOwnerThere } from './find-conversation.ts'
import { beginningOfName } from './object-name.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { fenced } from './session-document.ts'
import { listsOf } from './spill-lists.ts'
import { writtenConversation, type TranscriptWrite } from './write-conversation.ts'

export class ObjectTranscriptStore implements TranscriptStore {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async append(
    key: TranscriptKey,
    entries: readonly TranscriptEntry[],
    options: TranscriptAppendOptions = {},
  ): Promise<void> {
    if (entries.length === 0) return
    const items = entries.map((entry): TranscriptItem => {
      const uuid = entry['uuid']
      return { uuid: typeof uuid === 'string' ? uuid : null, payload: JSON.stringify(entry) }
    })
    const { fence = 0, summarize } = options
    const write: TranscriptWrite = { ...key, items, fence, summarize }
    for (;;) {
      const owner = options.sessionId ?? (await this.#appendUnowned(write))
      if (owner === null || (await this.#appendOwned(write, owner))) return
      await claimConversation(this.#workspace, key.agentSessionId, owner)
    }
  }

  async load({ agentSessionId, subpath = mainSubpath }: TranscriptKey): Promise<TranscriptEntry[] | null> {
    return readingNewest(
      () => findConversation(this.#workspace, agentSessionId),
      async (conversation) => {
        const list = conversation && valueAt(conversation.parts, subpath)
        if (!list) return null
        const entries: TranscriptEntry[] = []
        for await (const { items } of this.#workspace.batches.read(list)) {
          for (const { payload } of items) entries.push(JSON.parse(payload) as TranscriptEntry)
        }
        return entries
      },
    )
  }

  async listSubpaths(agentSessionId: string): Promise<string[]> {
    const conversation = await findConversation(this.#workspace, agentSessionId)
    return Object.keys(conversation?.parts ?? {})
      .filter((subpath) => subpath !== mainSubpath)
      .toSorted()
  }

  async list({ prefix = '' }: { readonly prefix?: string } = {}): Promise<ListedTranscript[]> {
    const { documents, conversationsPrefix } = this.#workspace
    const keys = await documents.newestBelow(`${conversationsPrefix}${beginningOfName(prefix)}`)
    const listed = await mapSome(keys, async (key): Promise<ListedTranscript[]> => {
      const { agentSessionId } = await this.#workspace.conversationListed(key)
      if (!agentSessionId.startsWith(prefix)) return []
      const conversation = await findConversation(this.#workspace, agentSessionId)
      if (!conversation || !Object.hasOwn(conversation.parts, mainSubpath)) return []
      const { updatedAtMs, summary } = conversation
      return [{ agentSessionId, updatedAt: new Date(updatedAtMs), summary: parsed(summary) }]
    })
    return listed.flat().toSorted((left, right) => right.updatedAt.getTime() - left.updatedAt.getTime())
  }

  async delete(key: TranscriptKey): Promise<void> {
    const removed = await this.#remove(key)
    for (const list of removed ? listsOf(removed) : []) {
      await this.#workspace.bucket.delete(await this.#workspace.batches.keysOf(list))
    }
    if (removed) await this.#workspace.conversation(key.agentSessionId).forgetEarlier()
  }

  /** Resolves to the session whose conversation it is; then nothing is written. */
  #appendUnowned(write: TranscriptWrite): Promise<SessionId | null> {
    return this.#workspace.conversation(write.agentSessionId).change(async (state, nowMs) => {
      const { owner } = state
      if (owner && (await isOwnerThere(this.#workspace, owner))) {
        return { state, result: owner.sessionId as SessionId }
      }
      const own = owner ? null : state.own
      const written = await writtenConversation(this.#workspace.batches, own, { ...write, nowMs, isFenced: true })
      const claim = owner ? state.claim + 1 : state.claim
      return { state: { ...state, claim, owner: null, own: written }, result: null }
    })
  }

  /** False when the conversation is not yet the session's, or no longer. */
  #appendOwned(write: TranscriptWrite, sessionId: SessionId): Promise<boolean> {
    const { agentSessionId, fence } = write
    return this.#workspace.session(sessionId).change(async (document, nowMs) => {
      const { session, ...rest } = fenced(document, sessionId, fence)
      const kept = valueAt(session.conversations, agentSessionId)
      if (!kept || kept.isFrozen) return { state: document, result: false }
      const options = { ...write, nowMs, isFenced: false }
      const conversation = await writtenConversation(this.#workspace.batches, kept.conversation, options)
      return { state: { ...rest, session: withKept(session, agentSessionId, { ...kept, conversation }) }, result: true }
    })
  }

  /** Resolves to what is removed. */
  async #remove(key: TranscriptKey): Promise<Conversation | null> {
    for (;;) {
      const { owner, removed } = await this.#removeUnowned(key)
      if (owner === null) return removed
      const taken = await this.#removeOwned(key, owner)
      if (taken) {
        await this.#workspace.session(owner).forgetEarlier()
        return taken
      }
      await claimConversation(this.#workspace, key.agentSessionId, owner)
    }
  }

  #removeUnowned({ agentSessionId, subpath }: TranscriptKey) {
    type Removed = { owner: SessionId | null; removed: Conversation | null }
    return this.#workspace.conversation(agentSessionId).change<Removed>(async (state) => {
      const { owner, own } = state
      if (owner && (await isOwnerThere(this.#workspace, owner))) {
        return { state, result: { owner: owner.sessionId as SessionId, removed: null } }
      }
      if (owner || !own) return { state, result: { owner: null, removed: null } }
      const { kept, taken } = split(own, subpath)
      return { state: { ...state, own: subpath === undefined ? null : kept }, result: { owner: null, removed: taken } }
    })
  }

  /** Null when the conversation is not yet the session's, or no longer. */
  #removeOwned({ agentSessionId, subpath }: TranscriptKey, sessionId: SessionId): Promise<Conversation | null> {
    return this.#workspace.session(sessionId).change<Conversation | null>((document) => {
      const { session } = document
      const known = session && valueAt(session.conversations, agentSessionId)
      if (!known?.conversation || known.isFrozen) return { state: document, result: null }
      // It stays the session's own, so that a driver that lost the session cannot write it anew.
      const { kept, taken } = split(known.conversation, subpath)
      const left = withKept(session!, agentSessionId, { ...known, conversation: kept })
      return { state: { ...document, session: left }, result: taken }
    })
  }
}

/** Takes a part away, or all of them with the summary. */
function split(conversation: Conversation, subpath: string | undefined): { kept: Conversation; taken: Conversation } {
  if (subpath === undefined) return { kept: { ...conversation, parts: {}, summary: null }, taken: conversation }
  const { [subpath]: part, ...others } = conversation.parts
  return {
    kept: { ...conversation, parts: others },
    taken: { ...conversation, parts: part ? { [subpath]: part } : {} },
  }
}

const parsed = (summary: string | null): JsonValue | null =>
  summary === null ? null : (JSON.parse(summary) as JsonValue)
