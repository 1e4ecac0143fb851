import type { AgentStartRequest } from '../../ports/agent-driver.ts'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What an agent gets of the host's environment. Everything else, secrets above all, stays outside. */
const inherited = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR',
  'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS',
  // The host's own word that it is a sandbox: only then may root bypass permissions.
  'IS_SANDBOX',
] // prettier-ignore

/** Without our gateway the agent finds its model by itself, by these variables of the host. */
const ownAccess = /^(ANTHROPIC_.+|CLAUDE_CODE_OAUTH_TOKEN|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)$/

/**
 * One answer per input, no traffic but the model's, few retries (the runtime has its own), and a stalled
 * stream is cut after a minute instead of five. A user's `env` may change any of these.
 */
const base: Readonly<Record<string, string>> = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_MAX_RETRIES: '3',
  CLAUDE_ENABLE_BYTE_WATCHDOG: '1',
  CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: '60000',
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
}

/**
 * Behind the gateway: it holds requests back while a limit is reached, and cuts what stalls itself. The agent's
 * own limits stand behind that.
 */
const behindGateway: Readonly<Record<string, string>> = {
  API_TIMEOUT_MS: '3600000',
  CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: '90000',
}

/** Variables that Perdure sets, and that an agent's `env` may not: the gateway and the stores hang on them. */
export const isOwnedVariable = (name: string): boolean =>
  /^(ANTHROPIC_.+|CLAUDE_CONFIG_DIR|CLAUDE_CODE_OAUTH_TOKEN|CLAUDE_CODE_USE_.+|CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING)$/.test(
    name,
  )

/** The whole environment of an agent's process. */
export function agentEnvironment(
  request: Pick<AgentStartRequest<ClaudeAgentOptions>, 'options' | 'gateway' | 'configDirectory'>,
  host: Environment = process.env,
): Record<string, string> {
  const access: Environment =
    request.gateway === null
      ? Object.fromEntries(Object.entries(host).filter(([name]) => ownAccess.test(name)))
      : {
          ANTHROPIC_BASE_URL: request.gateway.baseUrl,
          ANTHROPIC_AUTH_TOKEN: request.gateway.token,
          ANTHROPIC_UNIX_SOCKET: request.gateway.socketPath,
        }
  return defined({
    ...Object.fromEntries(inherited.map((name) => [name, host[name]])),
    ...base,
    // Not every platform takes what is in the making, and some refuse a request for the name of one beta.
    ...(request.gateway?.betas === 'stable' ? { CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1' } : {}),
    ...(request.gateway === null ? {} : behindGateway),
    ...request.options.env,
    ...access,
    CLAUDE_CONFIG_DIR: request.configDirectory,
  })
}

const defined = (environment: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined))
