import { usdFromNanoUsd } from '../domain/money.ts'
import { nextStepOf } from '../domain/next-step.ts'
import type { PendingApproval, RunOutcome } from '../domain/outcome.ts'
import type { SessionState } from '../domain/session-state.ts'
import { addUsage, reportUsage, type Usage } from '../domain/usage.ts'
import { isErrorCode } from '../errors/codes.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { ReachedFiles } from './checkpoints/run-checkpoints.ts'
import type { RunRequest } from './run-request.ts'

/** Why a run ended before its agent was done; null when the agent was done. */
export type RunCause = PerdureError | 'requires_action' | null

export interface OutcomeFacts {
  readonly request: Pick<RunRequest<unknown>, 'sessionId' | 'runId'>
  readonly before: SessionState
  readonly after: SessionState
  readonly cause: RunCause
  readonly files: ReachedFiles
  readonly durationMs: number
}

export function outcomeStatus(state: SessionState, cause: RunCause): RunOutcome['status'] {
  if (cause === 'requires_action') return 'requires_action'
  const code = cause?.code ?? state.turn.error?.code
  if (code === 'budget_reached') return 'budget_reached'
  if (code === 'cancelled') return 'cancelled'
  if (cause !== null) return 'failed'
  if (state.turn.interrupted) return 'cancelled'
  return state.turn.error === null ? 'completed' : 'failed'
}

/** What the caller gets: how it ended, and all that was reached until then. */
export function outcomeOf(facts: OutcomeFacts): RunOutcome {
  const { before, after, cause } = facts
  // Where the end of the run could not be written, nothing has counted a turn that was cut.
  const usage = addUsage(usageSince(before.usage, after.usage), after.turn.unsettled)
  const reached = {
    sessionId: facts.request.sessionId,
    runId: facts.request.runId,
    text: after.turn.texts.at(-1) ?? '',
    ...('structuredOutput' in after.turn ? { structuredOutput: after.turn.structuredOutput } : {}),
    usage: reportUsage(usage),
    costUsd: usdFromNanoUsd(usage.costNanoUsd),
    turns: after.turns - before.turns,
    durationMs: facts.durationMs,
    filesChanged: facts.files.changes,
    moreFilesChanged: facts.files.more,
    checkpointId: facts.files.checkpointId,
    lastSequence: after.lastSequence,
  }
  const status = outcomeStatus(after, cause)
  if (status === 'completed') return { status, ...reached, next: nextStepOf(status, null) }
  if (status === 'requires_action') {
    return { status, ...reached, next: nextStepOf(status, null), pending: pendingApprovals(after) }
  }
  const error = errorOf(after, cause)
  return { status, ...reached, next: nextStepOf(status, error), error }
}

function errorOf(state: SessionState, cause: RunCause): PerdureError {
  if (PerdureError.is(cause)) return cause
  const stored = state.turn.error
  if (stored === null) return new PerdureError('cancelled', 'The turn was interrupted.')
  const { code, message, hint, details = {} } = stored
  return new PerdureError(isErrorCode(code) ? code : 'internal_error', message, { hint, details })
}

const pendingApprovals = (state: SessionState): PendingApproval[] =>
  state.awaitingApproval.flatMap((id) => {
    const tool = state.openTools[id]
    return tool === undefined ? [] : [{ id, toolName: tool.name, input: tool.input }]
  })

const usageSince = (before: Usage, after: Usage): Usage => ({
  inputTokens: after.inputTokens - before.inputTokens,
  outputTokens: after.outputTokens - before.outputTokens,
  cacheReadInputTokens: after.cacheReadInputTokens - before.cacheReadInputTokens,
  cacheCreationInputTokens: after.cacheCreationInputTokens - before.cacheCreationInputTokens,
  modelRequests: after.modelRequests - before.modelRequests,
  costNanoUsd: after.costNanoUsd - before.costNanoUsd,
})
