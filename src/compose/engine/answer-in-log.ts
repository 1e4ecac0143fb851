import type { EventId, SessionId } from '../../domain/ids.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import { fold } from '../../domain/step.ts'
import { isErrorCode } from '../../errors/codes.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Json } from '../../ports/run-engine.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'

/**
 * What a message was answered, if a turn has ended after the agent took it in: by a run that died before it could tell,
 * or by another one that took up all that waited. Null while it is not answered.
 * @throws {PerdureError} what ended that turn.
 */
export async function answerInLog(
  { events }: Pick<WorkspaceStores, 'events'>,
  { sessionId, eventId }: { sessionId: SessionId; eventId: EventId },
): Promise<Json | null> {
  const log = await events.read(sessionId)
  const said = log.findIndex(({ id }) => id === eventId)
  if (said < 0) return null
  const end = log.findIndex((event, index) => index > said && endsTurn(event))
  if (end < 0) {
    return fold(log).awaitingApproval.length > 0 ? { sessionId, status: 'requires_action' } : null
  }
  const ending = log[end]!
  if (ending.type === 'perdure.run_ended') {
    throw new PerdureError('cancelled', 'The session’s run was cancelled before it had answered.')
  }
  if (ending.type === 'perdure.turn_ended' && ending.error !== null) {
    const { code, message } = ending.error
    throw new PerdureError(isErrorCode(code) ? code : 'internal_error', message)
  }
  const { turn } = fold(log.slice(0, end + 1))
  return { sessionId, status: 'completed', text: turn.texts.at(-1) ?? '' }
}

const endsTurn = (event: LoggedEvent): boolean =>
  event.type === 'perdure.turn_ended' || (event.type === 'perdure.run_ended' && event.outcome === 'cancelled')
