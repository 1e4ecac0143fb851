import { isErrorCode } from '../errors/codes.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentRun } from '../runtime/agent-run.ts'
import type { OnRetry } from './retry-options.ts'

/** Calls back for every failure of a run after which is tried again, by the gateway, the runtime or the agent. */
export function followRetries(run: AgentRun, onRetry: OnRetry): void {
  run.onEvent((event) => {
    if (event.type !== 'session.error' || !('retry_status' in event.error)) return
    if (event.error.retry_status.type !== 'retrying') return
    const { attempt = 1, error_code: code, delay_ms: delayMs } = event.perdure ?? {}
    const details = delayMs === undefined ? {} : { delayMs }
    const { message } = event.error
    onRetry(attempt, new PerdureError(isErrorCode(code) ? code : 'server_error', message, { details }))
  })
}
