import type { z } from 'zod'
import type { AgentReport } from '../../../ports/agent-report.ts'
import type { taskNotification, taskStarted } from './sdk-message.ts'

/** Remembers which sub-agents live, and whose message one is. */
export interface ThreadLatch {
  /** The thread of a message: its agent id, or the agent that its tool call started; null on the main thread. */
  of(message: {
    readonly agent_id?: string | null | undefined
    readonly parent_tool_use_id?: string | null | undefined
    readonly task_id?: unknown
  }): string | null
  started(message: z.infer<typeof taskStarted>): AgentReport[] | null
  ended(message: z.infer<typeof taskNotification>): AgentReport[] | null
}

export function createThreadLatch(): ThreadLatch {
  const threadOfCall = new Map<string, string>()
  const live = new Set<string>()
  return {
    of: ({ agent_id, parent_tool_use_id, task_id }) =>
      agent_id ??
      threadOfCall.get(parent_tool_use_id ?? '') ??
      (typeof task_id === 'string' && live.has(task_id) ? task_id : null),
    started: (message) => {
      // Commands in the background are tasks too, but not agents.
      if (message.subagent_type == null) return null
      const toolUseId = message.tool_use_id ?? null
      if (toolUseId !== null) threadOfCall.set(toolUseId, message.task_id)
      live.add(message.task_id)
      return [
        {
          type: 'thread_started',
          thread: message.task_id,
          parentThread: message.parent_task_id ?? null,
          toolUseId,
          agentName: message.subagent_type,
          background: message.is_backgrounded ?? false,
        },
      ]
    },
    ended: (message) => {
      if (!live.delete(message.task_id)) return null
      return [{ type: 'thread_ended', thread: message.task_id, status: message.status }]
    },
  }
}
