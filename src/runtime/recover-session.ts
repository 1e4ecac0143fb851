import type { NanoUsd } from '../domain/money.ts'
import { newEventId, type EventId, type SessionId } from '../domain/ids.ts'
import { redactJson } from '../domain/redaction.ts'
import { visibleBranch } from '../domain/branches.ts'
import type { EventDraft, LoggedEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { fold } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentDriver, KnownToolResult } from '../ports/agent-driver.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import { isUserMessage, type UserMessage } from './inputs.ts'
import { knownResults } from './known-results.ts'
import { looseEnds } from './loose-ends.ts'
import { saidLast, unsettledMessages } from './unsettled-messages.ts'

interface Recovery {
  readonly stores: WorkspaceStores
  readonly driver: Pick<AgentDriver<never>, 'inputsIn'>
}

export interface RecoveredSession {
  readonly state: SessionState
  /** The conversation that the session goes on with; null when there is none yet. */
  readonly agentSessionId: string | null
  /** Messages that stand in the log but never reached the agent's transcript; they are given to it again. */
  readonly lost: readonly UserMessage[]
  /** The agent had taken in what was said last, and its turn did not come to an end. */
  readonly isCut: boolean
  /** The last run had no end; it has one now. */
  readonly hadDied: boolean
  /** Results of tool calls that the transcript may lack. */
  readonly results: readonly KnownToolResult[]
}

/**
 * Brings a session to a state in which a run can begin: folds its log and, when the last run died,
 * ties what it left open. Called under the lease, before anything else is written.
 */
export async function recoverSession(
  { stores, driver }: Recovery,
  options: { sessionId: SessionId; fence: number; agentSessionId: string | null; now: Date },
): Promise<RecoveredSession> {
  const { sessionId, fence, now } = options
  const history = await stores.events.read(sessionId)
  const state = fold(history)
  const hadDied = state.run !== null
  // The log may know of a conversation that the record was not told of: its writer died in between.
  const agentSessionId = state.agentSessionId ?? options.agentSessionId
  const results = knownResults(history)
  const branch = visibleBranch(history)
  const unsettled = unsettledMessages(branch)
  const waiting = (await stores.inbox.list(sessionId)).map(({ input }) => input).filter(isUserMessage)
  const isKnown =
    unsettled.length + waiting.length === 0 ? () => false : await knownTo({ stores, driver }, agentSessionId)
  const lost = unsettled.filter((message) => !isKnown(message))
  // The agent had taken these in, and died before the log heard of it.
  const taken = waiting.filter(isKnown)
  const cut = saidLast(branch)
  const isCut = taken.length > 0 || (cut !== null && isKnown(cut))
  const drafts = [
    ...taken.map((message) => ({ ...message, processed_at: now.toISOString() })),
    ...(state.run === null
      ? []
      : endingOfDeadRun(state, { now, restNanoUsd: await restOf(stores.ledger, state.run.id, history) })),
  ]
  if (drafts.length === 0) return { state, agentSessionId, lost, isCut, hadDied, results }
  const takenFromInbox = taken.map(({ id }) => id as EventId)
  const appended = await stores.events.append(sessionId, redactJson(drafts), { fence, takenFromInbox })
  return { state: fold(appended, state), agentSessionId, lost, isCut, hadDied, results }
}

/** What a dead run cost beyond its turns: the ledger had heard of more than the log. */
async function restOf(ledger: Ledger, runId: string, history: readonly LoggedEvent[]): Promise<NanoUsd> {
  const [all] = await ledger.costs({ runId })
  const began = history.findLastIndex((event) => event.type === 'perdure.run_started')
  const turns = history.slice(began).flatMap((event) => (event.type === 'perdure.turn_ended' ? [event] : []))
  return turns.reduce((rest, turn) => rest - BigInt(turn.cost_nano_usd), all?.costNanoUsd ?? 0n)
}

function endingOfDeadRun(state: SessionState, { now, restNanoUsd }: { now: Date; restNanoUsd: NanoUsd }): EventDraft[] {
  const processed_at = now.toISOString()
  const error = new PerdureError('agent_exited', 'The process that drove the session died.').toJSON()
  return [
    ...looseEnds(state, now),
    {
      id: newEventId(),
      processed_at,
      type: 'session.status_idle',
      // A question that waits for a person survives; anything else is over.
      stop_reason:
        state.awaitingApproval.length > 0
          ? { type: 'requires_action', event_ids: [...state.awaitingApproval] }
          : { type: 'retries_exhausted' },
      stop_details: null,
    },
    {
      id: newEventId(),
      processed_at,
      type: 'perdure.run_ended',
      run_id: state.run?.id ?? '',
      outcome: 'failed',
      error,
      ...(restNanoUsd > 0n ? { unsettled_cost_nano_usd: restNanoUsd.toString() } : {}),
    },
  ]
}

/** Whether the agent's transcript holds a message, so that it need not be told again. */
async function knownTo(
  { stores, driver }: Recovery,
  agentSessionId: string | null,
): Promise<(message: UserMessage) => boolean> {
  const entries = agentSessionId === null ? null : await stores.transcripts.load({ agentSessionId })
  const known = driver.inputsIn(entries ?? [])
  return ({ perdure }) => perdure?.sdk_uuid !== undefined && known.has(perdure.sdk_uuid)
}
