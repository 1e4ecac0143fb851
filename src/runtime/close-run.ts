import { PerdureError } from '../errors/perdure-error.ts'
import { looseEnds } from './loose-ends.ts'
import { giveBack } from './give-back.ts'
import type { OpenRun } from './open-run.ts'
import { outcomeStatus, type RunCause } from './outcome-of-run.ts'
import { nothingReached, type ReachedFiles } from './checkpoints/run-checkpoints.ts'
import type { RunCosts } from './metering/run-costs.ts'
import type { OwnEvents } from './own-events.ts'
import type { RunDependencies, RunRequest } from './run-request.ts'

export interface Closing {
  readonly cause: RunCause
  readonly own: OwnEvents
  readonly costs: RunCosts
  /** Whether the log already says what went wrong. */
  readonly errorShown: boolean
}

export interface ClosedRun {
  /** Why the run ended. */
  readonly cause: RunCause
  readonly files: ReachedFiles
}

/** Where another may be at work in the folder already, or the log takes nothing any more. */
const isNoMoreOurs: ReadonlySet<unknown> = new Set(['lease_lost', 'storage_failed'])

/**
 * Ends a run so that the session is consistent whatever happened: the agent is gone, what it left open is
 * closed, the session is idle and free. A run that lost its lease writes nothing any more.
 */
export async function closeRun<Options>(
  dependencies: RunDependencies<Options>,
  request: RunRequest<Options>,
  { open, closing }: { open: OpenRun; closing: Closing },
): Promise<ClosedRun> {
  await open.agent.stop()
  open.joiner.end()
  let { cause } = closing
  let files = nothingReached
  try {
    await open.writer.flushed()
    if (cause === null && open.writer.state.status === 'running') {
      cause = new PerdureError('agent_exited', 'The agent ended in the middle of its turn.')
    }
    if (isUnwanted(cause, request)) await open.inputs.withdraw()
    if (wasCut(cause)) await open.checkpoints?.save('run_ended')
    await writeEnding(dependencies, request, { open, closing: { ...closing, cause } })
  } catch (error) {
    // The fence keeps us out, or the log is not to be had: whoever takes the session up next recovers it.
    cause ??= PerdureError.from(error)
  } finally {
    if (open.checkpoints !== null) files = await open.checkpoints.reached()
    await giveBack(open.held)
  }
  return { cause, files }
}

/** The agent did not come to the end of its turn by itself, and the folder is still this run's. */
const wasCut = (cause: RunCause): boolean =>
  cause !== null && !isNoMoreOurs.has(PerdureError.is(cause) ? cause.code : cause)

async function writeEnding<Options>(
  { stores, clock }: RunDependencies<Options>,
  request: RunRequest<Options>,
  { open, closing: { cause, own, costs, errorShown } }: { open: OpenRun; closing: Closing },
): Promise<void> {
  const { writer, record } = open
  for (const draft of looseEnds(writer.state, clock.now())) writer.push(draft)
  const error = PerdureError.is(cause) ? cause : null
  if (writer.state.status !== 'idle') {
    const isFailure = error !== null && error.code !== 'cancelled' && error.code !== 'budget_reached'
    if (isFailure && !errorShown) writer.push(own.error(error.toJSON(), 'exhausted'))
    writer.push(own.idle({ type: stopReasonOf(error) }))
  }
  await writer.flushed()
  const { turn } = writer.state
  const { difference } = costs
  if (difference !== null) writer.push(own.costDifference({ run_id: request.runId, ...difference }))
  writer.push(
    own.runEnded({
      run_id: request.runId,
      outcome: outcomeStatus(writer.state, cause),
      error: error?.toJSON() ?? turn.error,
      ...costs.unsettled,
    }),
  )
  const update = stores.sessions.update(record.id, {
    status: 'idle',
    fence: open.fence,
    ...(writer.state.agentSessionId === null ? {} : { agentSessionId: writer.state.agentSessionId }),
  })
  // Asked for together, they are written together.
  await Promise.all([writer.flushed(), update])
}

function stopReasonOf(error: PerdureError | null): 'budget_reached' | 'retries_exhausted' | 'end_turn' {
  if (error?.code === 'budget_reached') return 'budget_reached'
  return error?.retryable === true ? 'retries_exhausted' : 'end_turn'
}

/** Whether nobody wants said any more what was said to this run and waits. */
function isUnwanted(cause: RunCause, { budget }: RunRequest<unknown>): boolean {
  if (cause === null || cause === 'requires_action') return false
  return cause.code === 'cancelled' || (cause.code === 'budget_reached' && budget?.onExceeded === 'abort')
}
