// `perdure/compat`: the names of the older boilerplate, for programs that were written against it.
export {
  runPythonAgent,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
  type AgentConfig,
  type AgentResult,
  type StreamingAgentConfig,
} from './agent.ts'
export {
  DEFAULT_ALLOWED_TOOLS,
  DEFAULT_MODEL,
  E2B_DEFAULTS,
  SUPPORTED_MODELS,
  TIMEOUTS,
  type AllowedTool,
  type SupportedModel,
} from './constants.ts'
export {
  calculateCost,
  formatCost,
  parseTokenUsage,
  type CostBreakdown,
  type E2BUsage,
  type TokenUsage as CostTokenUsage,
} from './cost-tracking.ts'
export { categorizeError, createAgentError, formatAgentError, type AgentError } from './error-tracking.ts'
export {
  exportTraceContext,
  getBraintrustLogger,
  initializeBraintrust,
  shouldSampleTrace,
  traceAgentExecution,
  type BraintrustSpan,
  type TraceContext,
} from './observability.ts'
export { generatePythonAgentCode, validatePrompt, type PythonAgentOptions } from './python-templates.ts'
export {
  createSession,
  endSession,
  executeTurn,
  getActiveSessions,
  getSession,
  type ConversationSession,
  type SessionHooks,
} from './sessions.ts'
export {
  createConsoleStreamHandler,
  createLineBufferedHandler,
  parseStreamEvent,
  type RawTokenUsage,
  type StreamCallbacks,
  type StreamEvent,
  type TokenUsage as StreamingTokenUsage,
} from './streaming.ts'
