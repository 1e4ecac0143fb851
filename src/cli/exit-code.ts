import type { RunOutcome } from '../domain/outcome.ts'
import { errorCodes, isErrorCode } from '../errors/codes.ts'
import type { PerdureError } from '../errors/perdure-error.ts'

/** 1 failed, 2 wrong usage, 4 budget, 5 lease, 6 credentials, 130 cancelled: as the table of errors says. */
export const exitCodeOfError = ({ code }: Pick<PerdureError, 'code'>): number => errorCodes[code].exitCode

/** 0 completed, 3 tool calls wait for a person; otherwise the code of the error that ended the run. */
export function exitCodeOfOutcome(outcome: RunOutcome): number {
  if (outcome.status === 'completed') return 0
  if (outcome.status === 'requires_action') return 3
  if (outcome.status === 'cancelled') return errorCodes.cancelled.exitCode
  const { code } = outcome.error
  return isErrorCode(code) ? errorCodes[code].exitCode : 1
}
