import { codeOfAnswer } from '../../errors/code-of-answer.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import { PerdureError, type ErrorRecord } from '../../errors/perdure-error.ts'
import type { ResultMessage } from './translate/sdk-message.ts'

/** How the agent describes a model request that failed. */
export interface ModelFailure {
  /** HTTP status; null when there was no answer at all. */
  readonly status: number | null
  /** The agent's own word: `rate_limit`, `server_error`, … */
  readonly category: string | null
  /** `error.type` of the answer, where the agent passes it on. */
  readonly apiType: string | null
  readonly text: string
}

export function errorOfModel(failure: ModelFailure): ErrorRecord {
  const code = codeOfModelFailure(failure)
  const message = ownWords(failure.text) || `The model could not be asked: ${failure.category ?? 'no answer'}.`
  return new PerdureError(code, message, {
    details: {
      ...(failure.status === null ? {} : { httpStatus: failure.status }),
      ...(failure.category === null ? {} : { category: failure.category }),
    },
  }).toJSON()
}

/**
 * The agent's own advice speaks of our gateway's address, and of what our hint says better. To a refusal of ours it
 * says that it is not logged in.
 */
const ownWords = (text: string): string =>
  text
    .replace(/\s*This is a server-side issue, usually temporary.*$/s, '')
    .replace(/^.*?(?=The replay diverged from )/s, '')
    .trim()

const byCategory: Readonly<Record<string, ErrorCode>> = {
  authentication_failed: 'authentication_failed',
  oauth_org_not_allowed: 'permission_denied',
  account_on_hold: 'billing_error',
  verification_required: 'permission_denied',
  billing_error: 'billing_error',
  rate_limit: 'rate_limited',
  overloaded: 'overloaded',
  invalid_request: 'model_request_rejected',
  model_not_found: 'model_not_found',
  cloud_credential_error: 'authentication_failed',
}

/** How the answer of a script begins that has no rule for a request. */
const scriptHasNoAnswer = 'The script has no answer for this request'

/** How a replay refuses what was not recorded. */
const replayDiverged = 'The replay diverged from '

/** The words of an answer tell more than its status, and its status more than the agent's category. */
function codeOfModelFailure({ status, category, apiType, text }: ModelFailure): ErrorCode {
  if (/prompt is too long/i.test(text)) return 'prompt_too_long'
  if (text.includes(scriptHasNoAnswer)) return 'script_no_match'
  if (text.includes(replayDiverged)) return 'replay_diverged'
  if (/credit balance/i.test(text)) return 'billing_error'
  if (text.includes('could not be reached')) return 'connection_failed'
  if (category === 'overloaded') return 'overloaded'
  if (status !== null) return codeOfAnswer(status, apiType)
  if (category === 'server_error' || category === null || category === 'unknown') {
    return /stall|idle timeout/i.test(text) ? 'stream_stalled' : 'connection_failed'
  }
  return byCategory[category] ?? 'server_error'
}

const byTerminalReason: Readonly<Record<string, ErrorCode>> = {
  prompt_too_long: 'prompt_too_long',
  blocking_limit: 'prompt_too_long',
  rapid_refill_breaker: 'prompt_too_long',
  image_error: 'request_too_large',
  max_turns: 'max_turns_reached',
  structured_output_retry_exhausted: 'structured_output_invalid',
  aborted_streaming: 'cancelled',
  aborted_tools: 'cancelled',
  budget_exhausted: 'budget_reached',
}

const bySubtype: Readonly<Record<string, ErrorCode>> = {
  error_max_turns: 'max_turns_reached',
  error_max_structured_output_retries: 'structured_output_invalid',
  error_max_budget_usd: 'budget_reached',
}

/**
 * The failure of a turn in our words; null when it went well. `is_error` comes first: the subtype of a
 * failed model request is `success` too.
 */
export function errorOfResult(result: ResultMessage, modelError: ErrorRecord | null): ErrorRecord | null {
  if (!result.is_error) return result.stop_reason === 'refusal' ? refusal(result) : null
  const text =
    result.result ??
    result.errors
      .map(String)
      .filter((line) => !isDiagnostic(line))
      .join('\n')
  const known = byTerminalReason[result.terminal_reason ?? ''] ?? bySubtype[result.subtype]
  if (known !== undefined) return record(known, text, result)
  if (result.stop_reason === 'refusal') return refusal(result)
  if (result.startup_failure_reason != null) {
    const code =
      result.startup_failure_reason === 'sandbox_required_unavailable' ? 'sandbox_unsupported' : 'agent_start_failed'
    return record(code, text, result)
  }
  if (/No conversation found/.test(text)) return record('session_not_found', text, result)
  if (modelError !== null) return modelError
  if (result.subtype === 'success') {
    return errorOfModel({ status: result.api_error_status ?? null, category: null, apiType: null, text })
  }
  return record('agent_exited', text, result)
}

/** A line that the agent writes for its own makers. */
const isDiagnostic = (line: string): boolean => line.startsWith('[ede_diagnostic]')

const refusal = (result: ResultMessage): ErrorRecord => record('model_refused', result.result ?? '', result)

function record(code: ErrorCode, text: string, result: ResultMessage): ErrorRecord {
  const reason = result.terminal_reason ?? result.subtype
  const fallback = code === 'cancelled' ? 'The turn was interrupted.' : `The turn ended with ${reason}.`
  return new PerdureError(code, text.trim() || fallback, {
    details: { terminalReason: reason },
  }).toJSON()
}
