import { newEventId, type SessionId } from '../domain/ids.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentDriver } from '../ports/agent-driver.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import type { TranscriptEntry } from '../ports/transcript-store.ts'

export interface ForkRequest {
  readonly from: SessionId
  readonly newId: SessionId
  readonly title: string | null
  /** The event up to which the fork shares its parent's history; the newest when left out. */
  readonly atSequence?: number
}

/**
 * A new session that begins where another one stands. The other is not touched, and may go on, or be
 * deleted, without the fork noticing: the conversation is copied now.
 * @throws {PerdureError} `session_not_found`, `invalid_request`.
 */
export async function forkSession(
  { stores, driver }: { stores: WorkspaceStores; driver: Pick<AgentDriver<never>, 'forkConversation'> },
  { from, newId, title, atSequence }: ForkRequest,
): Promise<SessionRecord> {
  const parent = await stores.sessions.get(from)
  if (parent === null) throw new PerdureError('session_not_found', `There is no session ${from}, or it has expired.`)
  const head = await stores.events.head(from)
  const at = atSequence ?? head
  if (!Number.isInteger(at) || at < 0 || at > head) {
    throw new PerdureError('invalid_request', `The session has no event ${at}: its newest is ${head}.`)
  }
  const agentSessionId = await copyConversation({ stores, driver }, { parent, at, head })
  const { tags, metadata, workingDirectory, model, ttlSeconds } = parent
  const record = await stores.sessions.create({
    id: newId,
    title: title ?? parent.title,
    tags,
    metadata,
    workingDirectory,
    model,
    ttlSeconds,
    parent: { sessionId: from, atSequence: at },
  })
  await stores.events.append(
    newId,
    [
      {
        type: 'perdure.session_forked',
        id: newEventId(),
        processed_at: new Date().toISOString(),
        from_session_id: from,
        at_sequence: at,
      },
    ],
    { fence: 0 },
  )
  return agentSessionId === null ? record : stores.sessions.update(newId, { agentSessionId })
}

async function copyConversation(
  { stores, driver }: { stores: WorkspaceStores; driver: Pick<AgentDriver<never>, 'forkConversation'> },
  { parent, at, head }: { parent: SessionRecord; at: number; head: number },
): Promise<string | null> {
  const { transcripts, events } = stores
  if (parent.agentSessionId === null) return null
  const { agentSessionId } = parent
  const entries = await transcripts.load({ agentSessionId })
  if (entries === null) return null
  if (at === head) return driver.forkConversation({ transcripts, agentSessionId })
  const known = new Set(entries.map((entry) => entry['uuid']))
  const history = await events.read(parent.id)
  const upToUuid =
    lastMessageId(
      history.filter(({ sequence }) => sequence <= at),
      known,
    ) ?? inheritedId(history, entries)
  return upToUuid === null ? null : driver.forkConversation({ transcripts, agentSessionId, upToUuid })
}

/** The newest message that the parent, a fork itself, had before any of its own; null when it is no fork. */
function inheritedId(history: readonly LoggedEvent[], entries: readonly TranscriptEntry[]): string | null {
  if (history[0]?.type !== 'perdure.session_forked') return null
  const own = new Set<unknown>(history.flatMap(({ perdure }) => perdure?.sdk_uuid ?? []))
  const firstOwn = entries.findIndex((entry) => own.has(entry['uuid']))
  const inherited = entries.slice(0, firstOwn === -1 ? entries.length : firstOwn)
  const uuid = inherited.findLast(({ type }) => type === 'user' || type === 'assistant')?.['uuid']
  return typeof uuid === 'string' ? uuid : null
}

/** The newest message of the main conversation that the transcript also holds. */
function lastMessageId(history: readonly LoggedEvent[], known: ReadonlySet<unknown>): string | null {
  const event = history.findLast(
    ({ perdure, session_thread_id }) =>
      session_thread_id == null && perdure?.sdk_uuid !== undefined && known.has(perdure.sdk_uuid),
  )
  return event?.perdure?.sdk_uuid ?? null
}
