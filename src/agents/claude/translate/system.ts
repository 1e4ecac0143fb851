import type { z } from 'zod'
import type { AgentReport } from '../../../ports/agent-report.ts'
import { errorOfModel } from '../error-code-of-result.ts'
import type * as schemas from './sdk-message.ts'

type Message<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.infer<(typeof schemas)[Name]>
  : never

export const agentStarted = (message: Message<'initMessage'>): AgentReport[] => [
  {
    type: 'agent_started',
    agentSessionId: message.session_id,
    model: message.model,
    version: message.claude_code_version,
    permissionMode: message.permissionMode,
    tools: message.tools,
    mcpServers: message.mcp_servers.map(({ name, status }) => ({ name, status })),
    slashCommands: message.slash_commands,
    skills: message.skills,
    plugins: message.plugins.map(({ name }) => name),
  },
]

export const inputState = (message: Message<'commandLifecycle'>): AgentReport[] => [
  { type: 'input_state', inputUuid: message.command_uuid, state: message.state },
]

export const retrying = (message: Message<'apiRetry'>): AgentReport[] => [
  retry(message, { thread: null, category: message.error ?? null }),
]

/** The only word about retries inside a sub-agent; other progress is left to be a notice. */
export function subagentRetry({ subagent_retry }: Message<'toolProgress'>): AgentReport[] | null {
  if (subagent_retry === undefined) return null
  return [retry(subagent_retry, { thread: subagent_retry.agent_id, category: subagent_retry.error_category ?? null })]
}

function retry(
  message: Pick<Message<'apiRetry'>, 'attempt' | 'max_retries' | 'retry_delay_ms' | 'error_status'>,
  whose: { thread: string | null; category: string | null },
): AgentReport {
  const status = message.error_status ?? null
  return {
    type: 'retrying',
    thread: whose.thread,
    attempt: message.attempt,
    maxAttempts: message.max_retries,
    delayMs: message.retry_delay_ms,
    error: errorOfModel({ status, category: whose.category, apiType: null, text: '' }),
  }
}

export const modelFallback = (message: Message<'modelFallback'>): AgentReport[] => [
  {
    type: 'model_fallback',
    fromModel: message.original_model,
    toModel: message.fallback_model,
    trigger: message.trigger,
  },
]

/** Compaction begins and ends as a status; a change of the permission mode is a notice, and the rest is silence. */
export function compactionStatus(message: Message<'statusMessage'>): AgentReport[] | null {
  if (message.status === 'compacting') return [{ type: 'compaction', phase: 'started', detail: {} }]
  if (message.compact_result != null) {
    const detail = {
      result: message.compact_result,
      ...(message.compact_error == null ? {} : { error: message.compact_error }),
    }
    return [{ type: 'compaction', phase: 'ended', detail }]
  }
  return message.permissionMode == null ? [] : null
}

export const compacted = (message: Message<'compactBoundary'>): AgentReport[] => [
  { type: 'compaction', phase: 'done', detail: message.compact_metadata },
]

export const permissionDenied = (message: Message<'permissionDenied'>): AgentReport[] => [
  {
    type: 'permission_denied',
    thread: message.agent_id ?? null,
    toolUseId: message.tool_use_id ?? null,
    toolName: message.tool_name,
    message: message.message,
  },
]

export const localOutput = (message: Message<'localCommandOutput'>): AgentReport[] => [
  { type: 'local_output', uuid: message.uuid, text: message.content },
]
