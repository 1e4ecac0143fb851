import { newEventId, type SessionId } from '../domain/ids.ts'
import type { EventDraft, LoggedEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { fold } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentDriver } from '../ports/agent-driver.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import type { UserMessage } from './inputs.ts'
import { looseEnds } from './loose-ends.ts'

interface Recovery {
  readonly stores: WorkspaceStores
  readonly driver: Pick<AgentDriver<never>, 'inputsIn'>
}

export interface RecoveredSession {
  readonly state: SessionState
  /** Messages that stand in the log but never reached the agent's transcript; they are given to it again. */
  readonly lost: readonly UserMessage[]
}

/**
 * Brings a session to a state in which a run can begin: folds its log and, when the last run died,
 * ties what it left open. Called under the lease, before anything else is written.
 */
export async function recoverSession(
  { stores, driver }: Recovery,
  options: { sessionId: SessionId; fence: number; agentSessionId: string | null; now: Date },
): Promise<RecoveredSession> {
  const { sessionId, fence, agentSessionId, now } = options
  const history = await stores.events.read(sessionId)
  const state = fold(history)
  const lost = await lostMessages({ stores, driver }, { history, agentSessionId })
  if (state.run === null) return { state, lost }
  const ending = await stores.events.append(sessionId, endingOfDeadRun(state, now), { fence })
  return { state: fold(ending, state), lost }
}

function endingOfDeadRun(state: SessionState, now: Date): EventDraft[] {
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
    },
  ]
}

async function lostMessages(
  { stores, driver }: Recovery,
  { history, agentSessionId }: { history: readonly LoggedEvent[]; agentSessionId: string | null },
): Promise<UserMessage[]> {
  const messages = history
    .slice(history.findLastIndex(settlesMessages) + 1)
    .filter((event) => event.type === 'user.message')
  if (messages.length === 0) return []
  const entries = agentSessionId === null ? null : await stores.transcripts.load({ agentSessionId })
  const known = driver.inputsIn(entries ?? [])
  return messages.filter(({ perdure }) => perdure?.sdk_uuid === undefined || !known.has(perdure.sdk_uuid))
}

/** What was said before is answered, or not wanted any more. */
const settlesMessages = (event: LoggedEvent): boolean =>
  event.type === 'perdure.turn_ended' || (event.type === 'perdure.run_ended' && event.outcome === 'cancelled')
