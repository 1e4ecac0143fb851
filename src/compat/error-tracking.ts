export interface AgentError {
  type: 'timeout' | 'api_error' | 'tool_error' | 'sandbox_error' | 'unknown'
  message: string
  stack?: string
  context: {
    prompt: string
    sandboxId?: string
    /** Milliseconds. */
    executionTime?: number
    stdout?: string
    stderr?: string
    exitCode?: number
  }
  /** Never set: traces are not built yet. */
  traceUrl?: string
}

// oxlint-disable-next-line max-params -- the older signature
export function createAgentError(
  type: AgentError['type'],
  message: string,
  context: Partial<AgentError['context']>,
  error?: Error,
): AgentError {
  const stack = error?.stack === undefined ? {} : { stack: error.stack }
  return { type, message, ...stack, context: { prompt: '', ...context } }
}

/** The error as lines of text; of long texts only their beginning. */
export function formatAgentError({ type, message, context, stack, traceUrl }: AgentError): string {
  const field = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`  ${name}: ${value}`]
  const block = (name: string, text: string | undefined, lines: number): string[] =>
    text === undefined || text === '' ? [] : [`  ${name}:`, ...firstLines(text, lines)]
  return [
    `Agent error (${type})`,
    `  ${message}`,
    ...field('Exit code', context.exitCode),
    ...field('Time', context.executionTime === undefined ? undefined : `${context.executionTime} ms`),
    ...field('Sandbox', context.sandboxId),
    ...block('Standard error', context.stderr, 10),
    ...block('Stack', stack, 5),
    ...field('Trace', traceUrl),
  ].join('\n')
}

function firstLines(text: string, limit: number): string[] {
  const lines = text.trimEnd().split('\n')
  const shown = lines.slice(0, limit).map((line) => `    ${line}`)
  return lines.length > limit ? [...shown, `    … ${lines.length - limit} more lines`] : shown
}

/** What each kind of failure writes: the words of the Messages API, of its HTTP statuses, of shells, and Perdure's codes. */
const patterns: readonly (readonly [AgentError['type'], RegExp])[] = [
  ['timeout', /\b(deadline_exceeded|idle_timeout)\b/],
  ['api_error', /\bAPI\b|authenticat|unauthorized|api[ _-]key|rate[ _-]?limit|too many requests|overloaded/i],
  ['api_error', /\b(api|invalid_request|permission|not_found|billing|server|timeout)_error\b|request_too_large/i],
  ['api_error', /internal server error|bad gateway|service unavailable|gateway time-?out|credit balance/i],
  ['api_error', /\b(status|HTTP)( code)?[ :=/\d.]*\b[45]\d\d\b|^\s*(error:? )?(4\d\d|5\d\d) [a-z{]/im],
  ['api_error', /\b(credentials_missing|connection_failed|stream_stalled|prompt_too_long|permission_denied)\b/],
  ['api_error', /\bmodel_(not_found|refused|request_rejected)\b/],
  ['timeout', /\btimed? ?out\b|\bETIMEDOUT\b/i],
  ['tool_error', /\btools?\b|permission denied|command not found/i],
  ['sandbox_error', /sandbox|container/i],
]

/** Which part failed, by the exit code and what stood on standard error. */
export function categorizeError(exitCode: number, stderr: string): AgentError['type'] {
  // What timeout(1) ends with.
  if (exitCode === 124) return 'timeout'
  return patterns.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'unknown'
}
