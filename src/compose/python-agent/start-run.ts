import { newRunId, newSessionId } from '../../domain/ids.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { AgentRun } from '../../runtime/agent-run.ts'
import { warnOf } from '../../runtime/warn-of.ts'
import { runAgent } from '../run-agent.ts'
import { parseUserMessage } from '../user-message.ts'
import type { StreamingAgentConfig } from './agent-config.ts'
import { failureOfOutcome } from './failure-of-outcome.ts'
import { runOptionsOf } from './run-options.ts'
import { deliverStreamEvent, type StreamEvent } from './stream-event.ts'
import { StreamTranslator } from './stream-translator.ts'

/** The run behind a config, with its callbacks attached. What is wrong with the config, the run rejects with. */
export function startRun(config: StreamingAgentConfig): { run: AgentRun; outcome: Promise<RunOutcome> } {
  const run = runOf(config)
  const { verbose = false, onStream } = config
  if (!verbose && onStream === undefined) return { run, outcome: run.then((outcome) => outcome) }
  const show = (event: StreamEvent): void => {
    if (verbose) process.stderr.write(`${JSON.stringify(event)}\n`)
    if (onStream !== undefined) deliverStreamEvent(event, onStream)
  }
  return { run, outcome: follow(run, config, show) }
}

function runOf(config: StreamingAgentConfig): AgentRun {
  try {
    return runAgent(runOptionsOf(config))
  } catch (error) {
    return new AgentRun({
      sessionId: newSessionId(),
      runId: newRunId(),
      parseInput: parseUserMessage,
      start: () => Promise.reject(PerdureError.from(error)),
    })
  }
}

/** Shows the run's stream from its start to its end. */
async function follow(
  run: AgentRun,
  { prompt, onStream }: StreamingAgentConfig,
  show: (event: StreamEvent) => void,
): Promise<RunOutcome> {
  const translator = new StreamTranslator()
  let hasBegun = false
  run.onEvent((event) => {
    if (!hasBegun) {
      hasBegun = true
      guard(() => onStream?.onUserInterrupt?.(() => run.interrupt()))
      guard(() => show({ type: 'start', data: { prompt } }))
    }
    for (const streamed of translator.translate(event)) guard(() => show(streamed))
  })
  let outcome: RunOutcome
  try {
    outcome = await run
  } catch (error) {
    endings(PerdureError.from(error), null).forEach((event) => guard(() => show(event)))
    throw error
  }
  endings(failureOfOutcome(outcome), outcome).forEach((event) => guard(() => show(event)))
  return outcome
}

/** The last events of a stream. */
function endings(failure: PerdureError | null, outcome: RunOutcome | null): StreamEvent[] {
  if (failure !== null || outcome === null) {
    const { code = 'internal_error', message = '' } = failure ?? {}
    const partial = outcome === null || outcome.text === '' ? {} : { result: outcome.text }
    return [
      { type: 'error', data: { error: code, message } },
      { type: 'complete', data: { status: 'error', ...partial } },
    ]
  }
  const { text: result, durationMs, costUsd: cost, usage } = outcome
  return [
    {
      type: 'result',
      data: {
        result,
        duration_ms: Math.round(durationMs),
        cost,
        usage: {
          input_tokens: usage.inputTokens,
          output_tokens: usage.outputTokens,
          cache_read_input_tokens: usage.cacheReadInputTokens,
        },
      },
    },
    { type: 'complete', data: { status: 'success', result } },
  ]
}

/** Who only watches must break neither the run nor the process. */
function guard(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    warnOf('A callback of onStream threw', error)
  }
}
