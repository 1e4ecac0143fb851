import { setTimeout as delay } from 'node:timers/promises'
import type { RunOutcome } from '../../domain/outcome.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Json, RunContext } from '../../ports/run-engine.ts'
import { openWorkspace, type WorkspaceOptions } from '../open-workspace.ts'
import { runAgent } from '../run-agent.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'
import { answerInLog } from './answer-in-log.ts'
import { runIdOf, sayInSession, sessionRunSchema, type SaidWords, type SessionRun } from './session-run.ts'

const leaseEveryMs = 500

export interface SessionRunner {
  readonly storage: WorkspaceOptions
  /** Options of every run of this worker; those of a run go before them. */
  readonly agentOptions: Partial<RunAgentOptions>
  readonly onSession: (sessionId: string) => void
}

/**
 * One more turn of a session. What an earlier attempt said and reached is in the session: this one goes on with what is
 * not answered yet, and says the prompt only where it has not been said.
 */
export async function doSessionRun(runner: SessionRunner, input: Json, context: RunContext): Promise<Json> {
  const run = sessionRunSchema.parse(input)
  const { organizationId, workspaceId } = run
  const { stores } = await openWorkspace({ ...runner.storage, organizationId, workspaceId })
  const words = await sayInSession(stores, run, runIdOf(context.tenant, context.id))
  runner.onSession(words.sessionId)
  for (;;) {
    const answer = await answerInLog(stores, words)
    if (answer !== null) return answer
    try {
      return resultOf(await runSession(runner, { run, words, signal: context.signal }), context.signal)
    } catch (error) {
      // Another drives the session: the run that it is in, or a worker that died, until its lease runs out.
      if (!isDrivenElsewhere(error) || context.signal.aborted) {
        // Nobody wants it said any more.
        if (isCancelled(context.signal)) await stores.inbox.remove(words.sessionId, [words.eventId])
        const late = context.signal.aborted ? null : await answerInLog(stores, words).catch(() => null)
        if (late !== null) return late
        throw error
      }
    }
    await delay(leaseEveryMs, undefined, { signal: context.signal })
  }
}

const isDrivenElsewhere = (error: unknown): boolean =>
  PerdureError.is(error) && (error.code === 'lease_held' || error.code === 'lease_lost')

const isCancelled = ({ reason }: AbortSignal): boolean => PerdureError.is(reason) && reason.code === 'cancelled'

function runSession(
  { storage, agentOptions }: SessionRunner,
  { run, words, signal }: { run: SessionRun; words: SaidWords; signal: AbortSignal },
): PromiseLike<RunOutcome> {
  const { organizationId, workspaceId } = run
  const options = { ...agentOptions, ...(run.options as RunAgentOptions) }
  return runAgent({ ...options, ...storage, organizationId, workspaceId, sessionId: words.sessionId, signal })
}

/** @throws {PerdureError} what the run failed for, and the signal's reason. */
function resultOf(outcome: RunOutcome, signal: AbortSignal): Json {
  const { sessionId, status, text, costUsd, turns, durationMs } = outcome
  if (status === 'failed' || status === 'cancelled') {
    signal.throwIfAborted()
    throw outcome.error
  }
  const reached = { sessionId, status, text, costUsd, turns, durationMs: Math.round(durationMs) }
  return status === 'requires_action'
    ? { ...reached, pending: outcome.pending.map(({ id, toolName }) => ({ id, toolName })) }
    : reached
}
