import { PerdureError } from '../../errors/perdure-error.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'
import type { StreamingAgentConfig } from './agent-config.ts'
import { DEFAULT_ALLOWED_TOOLS, DEFAULT_MODEL, TIMEOUTS } from './defaults.ts'

/** Options whose feature does not exist yet, and what to do in the meantime. */
const refusals = {
  telemetry: 'Telemetry is not built yet: follow the events of the run instead.',
} as const

const tools: string[] = [...DEFAULT_ALLOWED_TOOLS]

/**
 * The options of `runAgent` that stand behind a config.
 * @throws {PerdureError} `option_not_supported` for what is not built; `invalid_request`.
 */
export function runOptionsOf(config: StreamingAgentConfig): RunAgentOptions {
  refuseUnbuilt(config)
  const {
    timeout = TIMEOUTS.DEFAULT_SANDBOX_TIMEOUT / 1000,
    verbose: _verbose,
    observability: _observability,
    onStream: _onStream,
    mcpServers,
    sessionId,
    ...rest
  } = config
  if (!(typeof timeout === 'number' && timeout > 0)) {
    throw new PerdureError('invalid_request', 'Option timeout must be a positive number of seconds.')
  }
  // With nobody to ask, a call that no rule allows is refused at once instead of waiting for the time-out.
  const defaults = { model: DEFAULT_MODEL, tools, allowedTools: tools, approvals: 'refuse' } as const
  return {
    ...defaults,
    ...rest,
    timeoutMs: timeout * 1000,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(mcpServers === undefined ? {} : { mcpServers: mcpServers as NonNullable<RunAgentOptions['mcpServers']> }),
  }
}

function refuseUnbuilt(config: StreamingAgentConfig): void {
  if (typeof config.prompt !== 'string') {
    throw new PerdureError('invalid_request', 'Option prompt must be a text.', { details: { option: 'prompt' } })
  }
  for (const [option, remedy] of Object.entries(refusals)) {
    if (config[option as keyof typeof refusals] !== undefined) refuse(option, remedy)
  }
  if (config.observability !== undefined && config.observability.sample !== 0) {
    refuse('observability', 'Traces are not built yet: leave it out, or set its sample to 0.')
  }
  if (Array.isArray(config.mcpServers)) {
    refuse('mcpServers', 'There is no catalogue of servers yet: give each by its name with its command or URL.')
  }
  if ('timeoutMs' in config && config.timeoutMs !== undefined) {
    refuse('timeoutMs', 'Set timeout, in seconds.')
  }
}

function refuse(option: string, remedy: string): never {
  throw new PerdureError('option_not_supported', `The option ${option} is not supported here. ${remedy}`, {
    hint: remedy,
    details: { option },
  })
}
