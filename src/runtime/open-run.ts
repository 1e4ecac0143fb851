import type { SessionState } from '../domain/session-state.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentProcess } from '../ports/agent-driver.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import { agentFor, agentPlace } from './agent-place.ts'
import { openRunCheckpoints } from './checkpoints/open-run-checkpoints.ts'
import type { RunCheckpoints } from './checkpoints/run-checkpoints.ts'
import { firstWordsOf } from './first-words.ts'
import { giveBack, type Held } from './give-back.ts'
import { createInputs, type Inputs } from './inputs.ts'
import type { Joiner } from './join/joiner.ts'
import { openAccount } from './metering/run-account.ts'
import { LoggedCalls } from './logged-calls.ts'
import type { Opening, RunReactions } from './opening.ts'
import { startJoiner } from './run-joiner.ts'
import type { RunDependencies, RunRequest } from './run-request.ts'
import type { SessionWriter } from './session-writer.ts'
import { startWriting } from './start-writing.ts'
import { takeSession } from './take-session.ts'
import { transcriptsOfRun } from './transcripts-of-run.ts'
import { mayBringFiles } from './travel/bring-files.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

/** Everything that a run holds while it lives. */
export interface OpenRun {
  readonly stateBefore: SessionState
  readonly record: SessionRecord
  readonly fence: number
  readonly writer: SessionWriter
  readonly inputs: Inputs
  readonly joiner: Joiner
  readonly agent: AgentProcess
  readonly watchdog: Watchdog
  /** Null: the work tree is not saved. */
  readonly checkpoints: RunCheckpoints | null
  /** What is to be given back at the end, last taken first. */
  readonly held: readonly Held[]
}

/**
 * Takes up a session: lease, recovery, gateway, sandbox, agent, in this order, so that what fails
 * fails before anything was said or started.
 * @throws {PerdureError} and gives back what it had taken.
 */
export async function openRun<Options>(
  dependencies: RunDependencies<Options>,
  request: RunRequest<Options>,
  reactions: RunReactions,
): Promise<OpenRun> {
  const held: Held[] = []
  const undo: Held[] = []
  try {
    return await open({ dependencies, request, reactions, held, undo })
  } catch (error) {
    await giveBack([...held, ...undo])
    throw PerdureError.from(error)
  }
}

async function open<Options>(opening: Opening<Options>): Promise<OpenRun> {
  const { dependencies, request, reactions, held } = opening
  const { stores, clock } = dependencies
  // The folder of a session that comes from elsewhere is made before anything can be started in it.
  const isFromElsewhere = request.create === null && request.warm === null && (await mayBringFiles(request))
  const ready = isFromElsewhere ? null : await agentPlace(opening)
  const { record, conversation, fence, recovered } = await takeSession(opening, ready)
  const place = ready ?? (await agentPlace(opening))
  const checkpoints = openRunCheckpoints(dependencies, { request, own: reactions.own })
  held.push(() => checkpoints?.close())
  checkpoints?.begin(recovered.state)
  const transcripts = transcriptsOfRun(stores.transcripts, { sessionId: record.id, fence })
  const { agentSessionId } = conversation
  await dependencies.driver.completeToolCalls({ transcripts, agentSessionId, results: recovered.results })
  if (request.decision !== null) {
    await dependencies.driver.reopenToolCall({
      transcripts,
      agentSessionId,
      toolUseId: heldCall(recovered.state, request.decision.toolUseEventId),
    })
  }
  const watchdog = startWatchdog({ ...request, clock, onExpiry: reactions.onFailure })
  held.push(() => watchdog.stop())
  const joiner = startJoiner(opening, recovered.state)
  const inputs = createInputs(stores.inbox, record.id)
  inputs.restore(recovered.lost, await stores.inbox.list(record.id))
  opening.undo.push(() => inputs.withdraw())
  const firstWords = firstWordsOf(request, { recovered, inputs })
  if (firstWords !== null) await inputs.add(firstWords)
  if (request.inputs === null && request.decision === null && !inputs.hasMore()) {
    throw new PerdureError('invalid_request', 'There is nothing to say: no prompt, and no message that waits.')
  }
  const userId = request.userId ?? recovered.state.userId
  const account = await openAccount(dependencies, request, { record, userId, costs: reactions.costs })
  const loggedCalls = new LoggedCalls()
  const { agent, upstream } = await agentFor(
    opening,
    { place, conversation },
    {
      transcripts,
      askPermission: reactions.onPermission,
      beforeTool: (call) => loggedCalls.whenLogged(call.toolUseId).then(() => checkpoints?.beforeTool(call)),
      account: () => account,
      observe: (observation) => {
        watchdog.seen()
        reactions.costs.observe(observation)
        joiner.observe(observation)
      },
    },
  )
  const writer = await startWriting(opening, { state: recovered.state, record, fence, upstream, userId, loggedCalls })
  checkpoints?.writeTo(writer)
  return { stateBefore: recovered.state, record, fence, writer, inputs, joiner, agent, watchdog, checkpoints, held }
}

/** The model's id of a call that waits for a person. @throws {PerdureError} `invalid_request` when it does not. */
function heldCall(state: SessionState, eventId: string): string {
  const toolUseId = state.awaitingApproval.includes(eventId) ? state.openTools[eventId]?.toolUseId : undefined
  if (toolUseId != null) return toolUseId
  throw new PerdureError('invalid_request', `No tool call waits for a decision under the id ${eventId}.`, {
    hint: 'The session’s state lists those that wait: awaitingApproval.',
  })
}
