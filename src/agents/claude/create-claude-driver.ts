import type { AgentDriver } from '../../ports/agent-driver.ts'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'
import { ClaudeProcess } from './claude-process.ts'
import { completeToolCalls } from './complete-tool-calls.ts'
import { forkConversation } from './fork-conversation.ts'
import { inputsInTranscript } from './inputs-in-transcript.ts'
import { reopenToolCall } from './reopen-tool-call.ts'
import { validateOptions } from './validate-options.ts'

export interface ClaudeDriverOptions {
  /** How long an agent may take to end, by itself or after a polite signal, before it is killed. */
  readonly endingTimeoutMs?: number
}

/** Drives Claude Code through the Claude Agent SDK. */
export function createClaudeDriver(options: ClaudeDriverOptions = {}): AgentDriver<ClaudeAgentOptions> {
  const limits = { endingMs: options.endingTimeoutMs ?? 5_000 }
  return {
    name: 'claude',
    validate: validateOptions,
    forkConversation,
    reopenToolCall,
    completeToolCalls,
    inputsIn: inputsInTranscript,
    start: (request) => new ClaudeProcess(request, limits),
  }
}
