import { PerdureError } from '../errors/perdure-error.ts'
import type { OpenRun } from './open-run.ts'
import type { RunCause } from './outcome-of-run.ts'
import type { OwnEvents } from './own-events.ts'
import type { Turn } from './turn.ts'

/** How long an aborted turn may take to settle, so that its cost is known, before the agent is ended by force. */
const settleMs = 2_000

/**
 * Where nothing can settle: the call waits on, or the log takes nothing any more. A turn that another worker is to go on
 * with must not end here.
 */
const endsAtOnce: ReadonlySet<unknown> = new Set(['requires_action', 'lease_lost', 'storage_failed', 'worker_stopped'])

/** Ends an agent that is not done; its turn settles first, where that takes no more than two seconds. */
export async function endEarly(
  { writer, agent, checkpoints }: OpenRun,
  { cause, turn, own }: { cause: RunCause; turn: Turn; own: OwnEvents },
): Promise<void> {
  checkpoints?.hurry()
  const reason = PerdureError.is(cause) ? cause.code : cause
  if (turn.isActive && !endsAtOnce.has(reason)) {
    // Only a person's own abort is a word of the user; a deadline is not.
    if (reason === 'cancelled') writer.push(own.interrupt())
    else void agent.interrupt()
    await turn.settledWithin(settleMs)
  }
  await agent.stop()
}
