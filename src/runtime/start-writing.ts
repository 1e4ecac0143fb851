import type { SessionState } from '../domain/session-state.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { LoggedCalls } from './logged-calls.ts'
import type { Opening } from './opening.ts'
import { SessionWriter } from './session-writer.ts'

interface RunToLog {
  readonly state: SessionState
  readonly record: SessionRecord
  readonly fence: number
  readonly upstream: string
  readonly userId: string | null
  /** Hear of each call that is durable. */
  readonly loggedCalls: LoggedCalls
}

/** Opens the log for a run; its first words say who runs, and what it does not take up again. */
export async function startWriting<Options>(
  { dependencies, request, reactions }: Opening<Options>,
  { loggedCalls, ...session }: RunToLog,
): Promise<SessionWriter> {
  const writer = new SessionWriter({
    events: dependencies.stores.events,
    sessionId: session.record.id,
    fence: session.fence,
    state: session.state,
    onEvent: (event) => {
      loggedCalls.note(event)
      reactions.onEvent(event)
    },
    perform: reactions.onCommand,
    onFailure: reactions.onFailure,
  })
  loggedCalls.writeTo(writer)
  writer.push(
    reactions.own.runStarted({
      run_id: request.runId,
      agent: dependencies.driver.name,
      upstream: session.upstream,
      working_directory: request.workingDirectory,
      model: session.record.model,
      fence: session.fence,
      user_id: session.userId,
    }),
  )
  // Calls that waited for a person, who now says something else: the agent takes none of them up again.
  const passedOver = Object.keys(session.state.openTools).filter((id) => id !== request.decision?.toolUseEventId)
  if (passedOver.length > 0) writer.push(reactions.own.resultsUnknown(passedOver))
  await writer.flushed()
  return writer
}
