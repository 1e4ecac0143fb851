import type { SessionKey, SessionStore, SessionStoreEntry } from '@anthropic-ai/claude-agent-sdk'
import type { JsonValue } from '../../domain/json-value.ts'
import type { ListedTranscript, TranscriptAppendOptions, TranscriptStore } from '../../ports/transcript-store.ts'
import { ProjectConversations } from './project-conversations.ts'
import { transcriptKeyOf } from './transcript-key-of.ts'

export type { SessionKey, SessionStoreEntry }

/** The Agent SDK's type, with all that it leaves to choice. */
export type CompleteSessionStore = Required<SessionStore>

/**
 * A transcript store as the Agent SDK's session store, for programs that call `query()` themselves. Projects are kept
 * apart. A session that Perdure drives may be read by its id from any project; what is appended to it goes to a copy
 * in the project, so that the session itself stays as it is.
 */
export function projectSessionStore(open: () => Promise<TranscriptStore>): CompleteSessionStore {
  const conversations = new ProjectConversations()
  /** Copies under way, by what they make: whoever appends meanwhile waits for the one that is being made. */
  const copies = new Map<string, Promise<void>>()

  const append = async (key: SessionKey, entries: SessionStoreEntry[]): Promise<void> => {
    if (entries.length === 0) return
    const transcripts = await open()
    const ownId = conversations.ownId(key)
    const source = await conversations.idToRead(transcripts, key)
    if (source !== ownId) {
      const copy = copies.get(ownId) ?? copyConversation(transcripts, { from: source, to: ownId, key })
      copies.set(ownId, copy)
      await copy.finally(() => copies.delete(ownId))
    }
    await transcripts.append(transcriptKeyOf(ownId, key), entries, await summarizing(key, entries))
    if (key.subpath === undefined) conversations.remember(ownId)
  }

  const list = async (projectKey: string): Promise<(ListedTranscript & { sessionId: string; mtime: number })[]> => {
    const rows = await (await open()).list({ prefix: conversations.prefixOf(projectKey) })
    return rows.map((row) => ({
      ...row,
      sessionId: conversations.sessionIdOf(row.agentSessionId),
      mtime: row.updatedAt.getTime(),
    }))
  }

  return {
    append,
    load: async (key) => {
      const transcripts = await open()
      const id = await conversations.idToRead(transcripts, key)
      // What comes out went in through `append`: entries of the SDK's own.
      return (await transcripts.load(transcriptKeyOf(id, key))) as SessionStoreEntry[] | null
    },
    listSubkeys: async (key) => {
      const transcripts = await open()
      return transcripts.listSubpaths(await conversations.idToRead(transcripts, key))
    },
    listSessions: async (projectKey) => (await list(projectKey)).map(({ sessionId, mtime }) => ({ sessionId, mtime })),
    listSessionSummaries: async (projectKey) =>
      (await list(projectKey)).flatMap(({ sessionId, mtime, summary }) =>
        isRecord(summary) ? [{ sessionId, mtime, data: { ...summary } }] : [],
      ),
    delete: async (key) => {
      const ownId = conversations.ownId(key)
      await (await open()).delete(transcriptKeyOf(ownId, key))
      if (key.subpath === undefined) conversations.forget(ownId)
    },
  }
}

/** All parts, the main one last: a copy that was cut short is not taken for the conversation, but made again. */
async function copyConversation(
  transcripts: TranscriptStore,
  { from, to, key: { projectKey, sessionId } }: { from: string; to: string; key: SessionKey },
): Promise<void> {
  for (const subpath of [...(await transcripts.listSubpaths(from)), undefined]) {
    const part: SessionKey = subpath === undefined ? { projectKey, sessionId } : { projectKey, sessionId, subpath }
    const entries = ((await transcripts.load(transcriptKeyOf(from, part))) ?? []) as SessionStoreEntry[]
    await transcripts.append(transcriptKeyOf(to, part), entries, await summarizing(part, entries))
  }
}

/** The SDK lists sessions by what it folds of their main part. */
async function summarizing(key: SessionKey, entries: SessionStoreEntry[]): Promise<TranscriptAppendOptions> {
  if (key.subpath !== undefined) return {}
  const { foldSessionSummary } = await import('@anthropic-ai/claude-agent-sdk')
  return {
    summarize: (previous) => {
      // The time of a summary is the conversation's own, given when it is listed.
      const known = isRecord(previous) ? { sessionId: key.sessionId, mtime: 0, data: { ...previous } } : undefined
      return foldSessionSummary(known, key, entries).data as JsonValue
    },
  }
}

const isRecord = (value: JsonValue): value is { readonly [name: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
