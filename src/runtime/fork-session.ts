import { eventsUpTo } from '../domain/branches.ts'
import { newEventId, type SessionId } from '../domain/ids.ts'
import { redactJson } from '../domain/redaction.ts'
import type { EventDraft, LoggedEvent } from '../domain/session-event.ts'
import { fold } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentDriver, ForkedConversation } from '../ports/agent-driver.ts'
import type { WaitingInput } from '../ports/inbox.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import { copyConversationAt } from './rewind/copy-conversation.ts'
import type { ForkedFiles, ForkOrigin } from './rewind/fork-files.ts'
import { newUserMessage } from './inputs.ts'
import { unsettledMessages } from './unsettled-messages.ts'

export interface ForkRequest {
  readonly from: SessionId
  readonly newId: SessionId
  readonly title: string | null
  /** The event up to which the fork shares its parent's history; the newest when left out. */
  readonly atSequence?: number
  /** Gives the fork files of its own, once it is known where it begins; null: both work in one folder. */
  readonly forkFiles?: (origin: ForkOrigin) => Promise<ForkedFiles | null>
}

interface ForkDependencies {
  readonly stores: WorkspaceStores
  readonly driver: Pick<AgentDriver<never>, 'forkConversation'>
}

/**
 * A new session that begins where another one stands, or stood. The other is not touched, and may go on, or be
 * deleted, without the fork noticing: the conversation is copied now.
 * @throws {PerdureError} `session_not_found`, `invalid_request`.
 */
export async function forkSession(
  dependencies: ForkDependencies,
  { from, newId, title, atSequence, forkFiles }: ForkRequest,
): Promise<SessionRecord> {
  const { stores } = dependencies
  const origin = await originOf(stores, { from, atSequence })
  const { parent, events, at } = origin
  const copy = await copyConversation(dependencies, origin)
  const files = (await forkFiles?.(origin)) ?? null
  const agentSessionId = copy?.agentSessionId ?? null
  const now = new Date()
  // It is not there before all of it is: whoever dies in between leaves nothing that looks like a session.
  const fence = await stores.transit.expect({
    ...parent,
    id: newId,
    title: title ?? parent.title,
    workingDirectory: files?.workingDirectory ?? parent.workingDirectory,
    parent: { sessionId: from, atSequence: at },
    agentSessionId,
    status: 'idle',
    createdAt: now,
    updatedAt: now,
  })
  const forked: EventDraft = {
    type: 'perdure.session_forked',
    id: newEventId(),
    processed_at: now.toISOString(),
    from_session_id: from,
    at_sequence: at,
    agent_session_id: agentSessionId,
  }
  await files?.adopt(newId)
  await stores.events.append(newId, redactJson(files === null ? [forked] : [forked, files.event]), { fence })
  const record = await stores.transit.arrive(newId, { fence, waiting: saidAgain(eventsUpTo(events, at), copy) })
  return agentSessionId === null ? record : stores.sessions.update(newId, { agentSessionId })
}

async function originOf(
  { sessions, events: log }: WorkspaceStores,
  { from, atSequence }: { from: SessionId; atSequence: number | undefined },
): Promise<ForkOrigin> {
  const parent = await sessions.get(from)
  if (parent === null) throw new PerdureError('session_not_found', `There is no session ${from}, or it has expired.`)
  const events = await log.read(from)
  const at = atSequence ?? events.length
  if (Number.isInteger(at) && at >= 0 && at <= events.length) return { parent, events, at }
  throw new PerdureError('invalid_request', `The session has no event ${at}: its newest is ${events.length}.`)
}

async function copyConversation(
  { stores, driver }: ForkDependencies,
  { parent, events, at }: ForkOrigin,
): Promise<ForkedConversation | null> {
  const { transcripts } = stores
  if (at < events.length) {
    // A fork's own beginning is the earliest that it can be forked at.
    const sequence = events[0]?.type === 'perdure.session_forked' ? Math.max(1, at) : at
    return copyConversationAt({ driver, transcripts }, { events, sequence })
  }
  const agentSessionId = fold(events).agentSessionId ?? parent.agentSessionId
  if (agentSessionId === null || (await transcripts.load({ agentSessionId })) === null) return null
  return driver.forkConversation({ transcripts, agentSessionId })
}

/** Messages that nothing had followed are no part of the copy: they wait for the fork's first run. */
function saidAgain(events: readonly LoggedEvent[], copy: ForkedConversation | null): WaitingInput[] {
  return unsettledMessages(events)
    .filter(({ perdure }) => copy?.inputs.has(perdure?.sdk_uuid ?? '') !== true)
    .map(({ content }) => ({ priority: 'next', input: newUserMessage(content) }))
}
