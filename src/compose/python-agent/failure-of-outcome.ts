import type { RunOutcome } from '../../domain/outcome.ts'
import { errorCodes, isErrorCode } from '../../errors/codes.ts'
import { PerdureError } from '../../errors/perdure-error.ts'

/** Exit code of a run whose tool calls wait for a person. */
export const waitingExitCode = 3

/** Why a run did not complete, with what it reached in the details; null when it completed. */
export function failureOfOutcome(outcome: RunOutcome): PerdureError | null {
  if (outcome.status === 'completed') return null
  const { sessionId, runId, text: partialText, costUsd } = outcome
  const reached = { sessionId, runId, partialText, costUsd }
  if (outcome.status === 'requires_action') {
    const names = outcome.pending.map(({ toolName }) => toolName).join(', ')
    return new PerdureError('permission_denied', `Tool calls wait for a decision: ${names}.`, {
      hint: 'Name the tools in allowedTools; or use runAgent, whose outcome lists the calls that wait.',
      details: { ...reached, pending: outcome.pending },
    })
  }
  const { code, message, hint, details = {} } = outcome.error
  return new PerdureError(isErrorCode(code) ? code : 'internal_error', message, {
    hint,
    details: { ...details, ...reached },
    cause: outcome.error,
  })
}

export const exitCodeOf = (outcome: RunOutcome, failure: PerdureError): number =>
  outcome.status === 'requires_action' ? waitingExitCode : errorCodes[failure.code].exitCode

/** A failure as a program would write it to its standard error. */
export const errorText = ({ code, message, hint }: PerdureError): string => `${code}: ${message}\n${hint}\n`
