import type { BudgetOptions } from '../budget-options.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'
import type { RetryOptions } from '../retry-options.ts'
import type { StreamCallbacks } from './stream-event.ts'

/** How failed model requests are tried again. */
export type RetryConfig = RetryOptions

/** What a run may cost; reached, it ends with `budget_reached`. */
export type BudgetConfig = BudgetOptions

/** Not built yet; naming it is refused with `option_not_supported`. */
export interface TelemetryConfig {
  exporter?: string
  apiKey?: string
}

type Replaced = 'prompt' | 'mcpServers' | 'timeoutMs' | 'sessionId'

/**
 * Options of `runPythonAgent` and its kin. Beside those listed here, all options of `runAgent` are
 * taken, `timeoutMs` excepted: `timeout` stands for it.
 */
export interface AgentConfig extends Omit<RunAgentOptions, Replaced> {
  prompt: string
  /** Seconds from start to end. Default: 120. */
  timeout?: number | undefined
  /** Writes the run's stream events to standard error, one line of JSON each. Default: false. */
  verbose?: boolean | undefined
  /** Goes on with this session instead of beginning a new one. */
  sessionId?: string | undefined
  /** Only a `sample` of 0 is taken: traces are not built yet. */
  observability?: { sample?: number | undefined } | undefined
  telemetry?: TelemetryConfig | undefined
  /** The servers themselves by their name. A list of catalogue names is refused: the catalogue is not built yet. */
  mcpServers?: readonly string[] | RunAgentOptions['mcpServers'] | undefined
}

export interface StreamingAgentConfig extends AgentConfig {
  onStream?: StreamCallbacks | undefined
}

/** How an agent ended, in the words of a process. */
export interface AgentResult {
  /** The agent's final text; of a failed agent, what it had last said. */
  stdout: string
  /** Empty when all went well, else `code: message` and a line that says what to do. */
  stderr: string
  /** 0, or the exit code of the error's code; 3 when tool calls wait for a person. */
  exitCode: number
}
