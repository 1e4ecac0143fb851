import type { AgentReport, TurnEndedReport } from '../../../ports/agent-report.ts'
import { errorOfResult } from '../error-code-of-result.ts'
import type { ErrorRecord } from '../../../errors/perdure-error.ts'
import type { OutputCheck } from '../structured-output.ts'
import type { ResultMessage } from './sdk-message.ts'
import { createUsageLatch } from './usage-latch.ts'

export interface ResultTranslation {
  /** Notes what was said before a result, which the result itself leaves out. */
  heed(reports: readonly AgentReport[]): void
  translate(message: ResultMessage): TurnEndedReport
}

export function createResultTranslation(options: {
  readonly costBaseUsd: number
  readonly checkOutput: OutputCheck | null
}): ResultTranslation {
  const usageOf = createUsageLatch(options.costBaseUsd)
  let modelError: ErrorRecord | null = null
  return {
    heed: (reports) => {
      for (const report of reports) {
        // A failure that an answer followed was overcome.
        if (report.type === 'model_error' && report.thread === null) modelError = report.error
        if (report.type === 'content_block' && report.thread === null) modelError = null
      }
    },
    translate: (message) => {
      const error = errorOfResult(message, modelError) ?? errorOfOutput(message, options.checkOutput)
      modelError = null
      return {
        type: 'turn_ended',
        isError: error !== null,
        subtype: message.subtype,
        terminalReason: message.terminal_reason ?? null,
        stopReason: message.stop_reason ?? null,
        text: message.result ?? '',
        error,
        ...usageOf(message),
        ...(message.structured_output === undefined ? {} : { structuredOutput: message.structured_output }),
        permissionDenials: message.permission_denials.length,
        inputUuids:
          message.user_message_uuids ?? (message.user_message_uuid == null ? [] : [message.user_message_uuid]),
        durationMs: message.duration_ms,
      }
    },
  }
}

/** Only a turn that the model finished owes the object: commands, hooks and interrupts end turns too. */
function errorOfOutput(message: ResultMessage, check: OutputCheck | null): ErrorRecord | null {
  const finished = message.terminal_reason == null || message.terminal_reason === 'completed'
  if (check === null || !finished || message.num_turns === 0 || message.local_command != null) return null
  return check(message.structured_output)
}
