// A program as it was written against the boilerplate; only the path of this import is another one.
import {
  calculateCost,
  categorizeError,
  createAgentError,
  createConsoleStreamHandler,
  createLineBufferedHandler,
  createSession,
  DEFAULT_ALLOWED_TOOLS,
  DEFAULT_MODEL,
  E2B_DEFAULTS,
  endSession,
  executeTurn,
  exportTraceContext,
  formatAgentError,
  formatCost,
  generatePythonAgentCode,
  getActiveSessions,
  getBraintrustLogger,
  getSession,
  initializeBraintrust,
  parseStreamEvent,
  parseTokenUsage,
  runPythonAgent,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
  shouldSampleTrace,
  SUPPORTED_MODELS,
  TIMEOUTS,
  traceAgentExecution,
  type AgentConfig,
  type AgentError,
  type AgentResult,
  type AllowedTool,
  type BraintrustSpan,
  type ConversationSession,
  type CostBreakdown,
  type CostTokenUsage,
  type E2BUsage,
  type PythonAgentOptions,
  type SessionHooks,
  type StreamCallbacks,
  type StreamEvent,
  type StreamingAgentConfig,
  type StreamingTokenUsage,
  type SupportedModel,
  type TraceContext,
} from './index.ts'

export async function runs(): Promise<AgentResult> {
  const config: AgentConfig = { prompt: 'What is 2 + 2?', timeout: 60, verbose: true, observability: { sample: 0 } }
  const answer: string = await runPythonAgent(config)
  const answers: string[] = await Promise.all([runPythonAgent({ prompt: answer }), runPythonAgent(config)])
  const detailed: Promise<AgentResult> = runPythonAgentDetailed({ prompt: answers.join(), timeout: 30 })
  const { stdout, stderr, exitCode } = await detailed
  return exitCode === 0 ? { stdout, stderr, exitCode } : Promise.reject(new Error(stderr))
}

export async function streams(): Promise<string> {
  const counts = { text: 0, tools: 0, cost: 0 }
  const onStream: StreamCallbacks = {
    onStart: (data: { prompt: string }) => data.prompt,
    onText: () => {
      counts.text += 1
    },
    onThinking: (thinking: string, signature: string) => `${thinking}${signature}`,
    onToolUse: (id: string, name: string, input: unknown) => [id.slice(0, 8), name, input],
    onToolResult: (toolUseId: string, content: string, isError: boolean) => (isError ? toolUseId : content),
    onError: (error: string, message: string) => `${error} ${message}`,
    onResult: (_result: string, durationMs: number, cost: number) => {
      counts.cost += cost * durationMs
    },
    onComplete: (status: string, result?: string) => status + (result ?? ''),
  }
  const config: StreamingAgentConfig = { prompt: 'Go on.', timeout: 120, onStream }
  return runPythonAgentStreaming(config)
}

export function reads(lines: string[]): (string | undefined)[] {
  const show: (data: string) => void = createConsoleStreamHandler({ onText: (text) => text.length })
  const take: (data: string) => void = createLineBufferedHandler((line) => show(line))
  lines.forEach(take)
  return lines.map((line) => {
    const event: StreamEvent | null = parseStreamEvent(line)
    if (event === null) return undefined
    switch (event.type) {
      case 'text':
        return event.data.text
      case 'result':
        return `${event.data.cost} ${event.data.usage?.cache_read_input_tokens ?? 0} ${event.data.duration_ms}`
      case 'tool_result':
        return event.data.is_error ? event.data.tool_use_id : event.data.content
      default:
        return event.type
    }
  })
}

export async function converses(): Promise<number> {
  const session: ConversationSession = await createSession()
  const hooks: SessionHooks = {
    onPostToolUse: async (toolName: string, toolResult: string) => void `${toolName}${toolResult}`,
    shouldStop: async (response: string, turnCount: number) => turnCount > 3 || response === 'done',
  }
  const response: string = await executeTurn(session.sessionId, 'Hello.', { timeout: 60, verbose: false }, hooks)
  await executeTurn(session.sessionId, response)
  await session.sandbox?.kill()
  session.span?.log({ age: Date.now() - session.lastActivityAt, created: session.createdAt.toISOString() })
  const found: ConversationSession | undefined = getSession(session.sessionId)
  await endSession(session.sessionId)
  const turns = found?.conversationHistory.map(({ turnId, prompt, response }) => `${turnId}${prompt}${response}`) ?? []
  return getActiveSessions().length + turns.length + session.turnCount
}

export function counts(stdout: string): string {
  const usage: CostTokenUsage = parseTokenUsage(stdout)
  const streamed: StreamingTokenUsage = usage
  const sandbox: E2BUsage = { durationSeconds: 12.5, cpuCount: E2B_DEFAULTS.CPU_COUNT }
  const cost: CostBreakdown = calculateCost(DEFAULT_MODEL, streamed, sandbox)
  const byHand: CostBreakdown = {
    claude: {
      promptTokens: 1,
      completionTokens: 1,
      cachedTokens: 0,
      promptCost: 0.1,
      completionCost: 0.1,
      cachedCost: 0,
      totalCost: 0.2,
    },
    e2b: { durationSeconds: 0, cpuCount: 0, cost: 0 },
    total: 0.2,
  }
  return formatCost(cost.total > byHand.total ? cost : byHand)
}

export function fails(stderr: string): string {
  const type: AgentError['type'] = categorizeError(1, stderr)
  const error: AgentError = createAgentError(type, 'It failed.', { prompt: 'x', stderr, exitCode: 1 }, new Error('x'))
  return formatAgentError(error) + (error.traceUrl ?? '')
}

export async function observes(): Promise<TraceContext | null> {
  const logger = initializeBraintrust() ?? getBraintrustLogger()
  if (logger) await logger.traced(async (span) => span.log({ output: 1 }), { name: 'run' })
  return traceAgentExecution('run', { prompt: 'x' }, async (span: BraintrustSpan | null) => {
    if (shouldSampleTrace('x') && shouldSampleTrace('x', 0.5)) span?.log({ input: 'x' })
    return exportTraceContext(span)
  })
}

export function generates(): string {
  const options: PythonAgentOptions = { streaming: true, braintrustEnabled: false, includePartialMessages: true }
  return generatePythonAgentCode('go', options) + generatePythonAgentCode('go', { sessionMode: true, turnId: 2 })
}

export const model: SupportedModel = SUPPORTED_MODELS.OPUS
export const tool: AllowedTool = DEFAULT_ALLOWED_TOOLS[0]
export const limits: 120_000 | 600_000 = TIMEOUTS.DEFAULT_SANDBOX_TIMEOUT
