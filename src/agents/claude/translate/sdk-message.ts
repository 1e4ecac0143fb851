import { z } from 'zod'

/**
 * The agent's messages as they are read here: loosely, since a new version may add anything, and with
 * only those fields that a report is made of. What does not fit becomes a notice.
 */
const text = z.string()
// A field that is there but odd counts as absent: one strange value must not cost the whole message.
const optionalText = text.nullish().catch(null)
const optionalNumber = z.number().nullish().catch(null)
const flag = z.boolean().catch(false).default(false)
const count = z.number().catch(0).default(0)
const anything = z.unknown().optional()
const record = z.record(text, z.unknown())

const block = z.looseObject({ type: text })
export type SdkBlock = z.infer<typeof block>

/** Fields that say whose message it is. */
const spoken = { uuid: text.default(''), parent_tool_use_id: optionalText, agent_id: optionalText }

export const initMessage = z.looseObject({
  session_id: text,
  model: text,
  claude_code_version: text.default(''),
  permissionMode: text.default('default'),
  tools: z.array(text).default([]),
  mcp_servers: z.array(z.looseObject({ name: text, status: text })).default([]),
  slash_commands: z.array(text).default([]),
  skills: z.array(text).default([]),
  plugins: z.array(z.looseObject({ name: text })).default([]),
})

export const assistantMessage = z.looseObject({
  ...spoken,
  message: z.looseObject({ id: text, model: optionalText, content: z.array(block) }),
  request_id: optionalText,
  aborted: flag,
  error: optionalText,
  api_error_status: optionalNumber,
  api_error_type: optionalText,
  local_command_source: anything,
})
export type AssistantMessage = z.infer<typeof assistantMessage>

export const userMessage = z.looseObject({
  ...spoken,
  message: z.looseObject({ content: z.union([text, z.array(block)]) }),
  tool_use_result: anything,
  isSynthetic: flag,
  isReplay: flag,
})
export type UserMessage = z.infer<typeof userMessage>

const modelUsage = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
  costUSD: count,
})
export type SdkModelUsage = Pick<
  z.infer<typeof modelUsage>,
  'inputTokens' | 'outputTokens' | 'cacheReadInputTokens' | 'cacheCreationInputTokens' | 'costUSD'
>

export const resultMessage = z.looseObject({
  subtype: text,
  is_error: flag,
  num_turns: count,
  result: optionalText,
  errors: z.array(z.unknown()).catch([]).default([]),
  stop_reason: optionalText,
  terminal_reason: optionalText,
  api_error_status: optionalNumber,
  startup_failure_reason: optionalText,
  total_cost_usd: count,
  modelUsage: z.record(text, modelUsage).catch({}).default({}),
  model_usage_since_last_result: z.record(text, modelUsage).optional().catch(undefined),
  permission_denials: z.array(z.unknown()).catch([]).default([]),
  structured_output: anything,
  local_command: optionalText,
  user_message_uuid: optionalText,
  user_message_uuids: z.array(text).nullish().catch(null),
  duration_ms: count,
})
export type ResultMessage = z.infer<typeof resultMessage>

export const taskStarted = z.looseObject({
  task_id: text,
  tool_use_id: optionalText,
  parent_task_id: optionalText,
  subagent_type: optionalText,
  is_backgrounded: flag,
})
export const taskNotification = z.looseObject({ task_id: text, status: z.enum(['completed', 'failed', 'stopped']) })

const retryFields = {
  attempt: z.number(),
  max_retries: z.number(),
  retry_delay_ms: z.number(),
  error_status: optionalNumber,
}
export const apiRetry = z.looseObject({ ...retryFields, error: optionalText })
export const toolProgress = z.looseObject({
  subagent_retry: z.looseObject({ ...retryFields, agent_id: text, error_category: optionalText }).optional(),
})

export const modelFallback = z.looseObject({ original_model: text, fallback_model: text, trigger: text })
export const statusMessage = z.looseObject({
  status: optionalText,
  permissionMode: optionalText,
  compact_result: optionalText,
  compact_error: optionalText,
})
export const compactBoundary = z.looseObject({ compact_metadata: record.default({}) })
export const permissionDenied = z.looseObject({
  tool_name: text,
  tool_use_id: optionalText,
  agent_id: optionalText,
  message: text.default(''),
})
export const commandLifecycle = z.looseObject({
  command_uuid: text,
  state: z.enum(['queued', 'started', 'completed', 'cancelled']),
})
export const localCommandOutput = z.looseObject({ uuid: text.default(''), content: text })

export const streamEvent = z.looseObject({
  parent_tool_use_id: optionalText,
  event: z.looseObject({
    type: text,
    index: z.number().optional(),
    message: z.looseObject({ id: text }).optional(),
    content_block: z.looseObject({ type: text, text: text.optional() }).optional(),
    delta: z.looseObject({ type: text.optional(), text: text.optional() }).optional(),
  }),
})

export const anyMessage = z.looseObject({
  type: text,
  subtype: optionalText,
  parent_tool_use_id: optionalText,
  agent_id: optionalText,
})
export type AnyMessage = z.infer<typeof anyMessage>
