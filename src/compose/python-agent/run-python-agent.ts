import { errorCodes } from '../../errors/codes.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { AgentConfig, AgentResult, StreamingAgentConfig } from './agent-config.ts'
import { errorText, exitCodeOf, failureOfOutcome } from './failure-of-outcome.ts'
import { PythonAgentRun } from './python-agent-run.ts'
import { startRun } from './start-run.ts'

/**
 * Runs an agent to its end and resolves to its final text.
 *
 * The agent runs on this machine, by the TypeScript driver of `runAgent`; there is no Python runtime
 * and no remote sandbox behind it yet. `runAgent` gives more: outcomes, approvals, messages while it runs.
 *
 * @throws {PerdureError} When the agent fails, with `partialText`, `sessionId`, `runId` and `costUsd` in
 * the details; `option_not_supported` for options whose feature is not built.
 */
export function runPythonAgent(config: AgentConfig): PythonAgentRun<string> {
  return textOf(config)
}

/** {@link runPythonAgent} that calls `onStream` while the agent works. */
export function runPythonAgentStreaming(config: StreamingAgentConfig): PythonAgentRun<string> {
  return textOf(config)
}

/**
 * {@link runPythonAgent} that resolves also when the agent fails or cannot start, to an exit code and
 * the text of the error.
 * @throws {PerdureError} `invalid_request`, `option_not_supported`: the call itself is wrong.
 */
export function runPythonAgentDetailed(config: AgentConfig): PythonAgentRun<AgentResult> {
  const { run, outcome } = startRun(config)
  const result = outcome.then((ended): AgentResult => {
    const failure = failureOfOutcome(ended)
    if (failure === null) return { stdout: ended.text, stderr: '', exitCode: 0 }
    return { stdout: ended.text, stderr: errorText(failure), exitCode: exitCodeOf(ended, failure) }
  }, resultOfRejection)
  return new PythonAgentRun(run, result)
}

function textOf(config: StreamingAgentConfig): PythonAgentRun<string> {
  const { run, outcome } = startRun(config)
  const text = outcome.then((ended) => {
    const failure = failureOfOutcome(ended)
    if (failure !== null) throw failure
    return ended.text
  })
  return new PythonAgentRun(run, text)
}

function resultOfRejection(error: unknown): AgentResult {
  if (!PerdureError.is(error) || error.code === 'invalid_request' || error.code === 'option_not_supported') throw error
  return { stdout: '', stderr: errorText(error), exitCode: errorCodes[error.code].exitCode }
}
