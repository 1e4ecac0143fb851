import type { RunOutcome } from '../../domain/outcome.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { exitCodeOfError, exitCodeOfOutcome } from '../exit-code.ts'

/** The last line of `perdure run --json`. It stands in no log. */
export function outcomeRecord(outcome: RunOutcome): Readonly<Record<string, unknown>> {
  const { usage } = outcome
  return {
    type: 'perdure.outcome',
    status: outcome.status,
    exit_code: exitCodeOfOutcome(outcome),
    session_id: outcome.sessionId,
    run_id: outcome.runId,
    text: outcome.text,
    ...(outcome.structuredOutput === undefined ? {} : { structured_output: outcome.structuredOutput }),
    ...(outcome.status === 'requires_action'
      ? { pending: outcome.pending.map(({ id, toolName, input }) => ({ id, tool_name: toolName, input })) }
      : {}),
    ...('error' in outcome ? { error: PerdureError.from(outcome.error).toJSON() } : {}),
    files_changed: outcome.filesChanged,
    more_files_changed: outcome.moreFilesChanged,
    checkpoint_id: outcome.checkpointId,
    next: outcome.next,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_input_tokens: usage.cacheReadInputTokens,
      cache_creation_input_tokens: usage.cacheCreationInputTokens,
      model_requests: usage.modelRequests,
    },
    cost_usd: outcome.costUsd,
    cost_nano_usd: usage.costNanoUsd,
    turns: outcome.turns,
    duration_ms: Math.round(outcome.durationMs),
    last_sequence: outcome.lastSequence,
  }
}

/** The same line for a run that could not begin. */
export const notStartedRecord = (error: PerdureError): Readonly<Record<string, unknown>> => ({
  type: 'perdure.outcome',
  status: 'not_started',
  exit_code: exitCodeOfError(error),
  error: error.toJSON(),
})
