import type { z } from 'zod'
import type { AgentReport } from '../../../ports/agent-report.ts'
import type { OutputCheck } from '../structured-output.ts'
import { translateAssistant } from './assistant.ts'
import { createPreviewLatch } from './preview-latch.ts'
import { createResultTranslation } from './result.ts'
import * as schemas from './sdk-message.ts'
import * as system from './system.ts'
import { createThreadLatch } from './thread-latch.ts'
import { translateUser } from './user.ts'

export interface TranslatorOptions {
  /** Whether the agent's own live text becomes previews; false where the gateway gives them. */
  readonly previews: boolean
  /** What the conversation had cost before this process, as the agent counts it. */
  readonly costBaseUsd: number
  readonly checkOutput: OutputCheck | null
}

/** Turns the agent's messages into reports, one after the other. Total: what it does not know becomes a notice. */
export type Translator = (message: unknown) => AgentReport[]

/** Null: the message is none of those that have a report of their own. */
type Translation = (message: schemas.AnyMessage) => AgentReport[] | null

/** Messages that say nothing which others, or the gateway, do not say better: not worth a place in anyone's log. */
const chatter = new Set([
  'keep_alive',
  'system/thinking_tokens',
  'system/session_state_changed',
  'system/task_progress',
  'system/task_updated',
])

export function createTranslator(options: TranslatorOptions): Translator {
  const threads = createThreadLatch()
  const previews = createPreviewLatch()
  const result = createResultTranslation(options)
  const table: Readonly<Record<string, Translation>> = {
    assistant: reading(schemas.assistantMessage, (message) => {
      const reports = translateAssistant(message, threads.of(message))
      result.heed(reports)
      return reports
    }),
    user: reading(schemas.userMessage, (message) => translateUser(message, threads.of(message))),
    result: reading(schemas.resultMessage, (message) => [result.translate(message)]),
    stream_event: reading(schemas.streamEvent, (message) => (options.previews ? previews.translate(message) : [])),
    command_lifecycle: reading(schemas.commandLifecycle, system.inputState),
    tool_progress: reading(schemas.toolProgress, system.subagentRetry),
    'system/init': reading(schemas.initMessage, system.agentStarted),
    'system/task_started': reading(schemas.taskStarted, threads.started),
    'system/task_notification': reading(schemas.taskNotification, threads.ended),
    'system/api_retry': reading(schemas.apiRetry, system.retrying),
    'system/model_fallback': reading(schemas.modelFallback, system.modelFallback),
    'system/status': reading(schemas.statusMessage, system.compactionStatus),
    'system/compact_boundary': reading(schemas.compactBoundary, system.compacted),
    'system/permission_denied': reading(schemas.permissionDenied, system.permissionDenied),
    'system/local_command_output': reading(schemas.localCommandOutput, system.localOutput),
  }
  return (raw) => {
    const message = schemas.anyMessage.safeParse(raw)
    if (!message.success) return [{ type: 'notice', thread: null, name: 'unreadable', payload: { message: raw } }]
    const name = message.data.subtype == null ? message.data.type : `${message.data.type}/${message.data.subtype}`
    if (chatter.has(name)) return []
    const translate = table[name] ?? table[message.data.type]
    return translate?.(message.data) ?? [notice(message.data, name, threads.of(message.data))]
  }
}

/** A translation that answers null, or cannot read its message, leaves it to become a notice. */
function reading<Schema extends z.ZodType>(
  schema: Schema,
  translate: (message: z.infer<Schema>) => AgentReport[] | null,
): Translation {
  return (message) => {
    const parsed = schema.safeParse(message)
    return parsed.success ? translate(parsed.data) : null
  }
}

const notice = (message: schemas.AnyMessage, name: string, thread: string | null): AgentReport => ({
  type: 'notice',
  thread,
  name,
  payload: message,
})
