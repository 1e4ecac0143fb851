import type { CanUseTool } from '@anthropic-ai/claude-agent-sdk'
import type { AgentStartRequest } from '../../ports/agent-driver.ts'
import type { StoredCalls } from './stored-calls.ts'

/** Carries the agent's question about a tool call, once the call is stored, to whoever decides, and the answer back. */
export const permissionBridge =
  (
    askPermission: AgentStartRequest<unknown>['askPermission'],
    storedCalls: Pick<StoredCalls, 'whenStored'>,
  ): CanUseTool =>
  async (toolName, input, context) => {
    await storedCalls.whenStored(context.toolUseID)
    const answer = await askPermission({
      toolUseId: context.toolUseID,
      toolName,
      input,
      thread: context.agentID ?? null,
      reason: context.decisionReason ?? context.title ?? null,
      signal: context.signal,
    })
    if (answer.result === 'allow') return { behavior: 'allow', updatedInput: { ...(answer.updatedInput ?? input) } }
    return { behavior: 'deny', message: answer.message, interrupt: answer.interrupt ?? false }
  }
