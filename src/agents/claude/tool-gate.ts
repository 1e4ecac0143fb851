import type { HookCallbackMatcher, Options } from '@anthropic-ai/claude-agent-sdk'
import type { AgentStartRequest } from '../../ports/agent-driver.ts'

/** A call waits as long as it takes: a hook that runs out of time would let it pass. */
const timeoutSeconds = 24 * 60 * 60

/** The hooks of an agent, and one that tells of each tool call before it happens. It decides nothing. */
export function withToolGate(
  hooks: Options['hooks'],
  beforeTool: NonNullable<AgentStartRequest<unknown>['beforeTool']>,
): NonNullable<Options['hooks']> {
  const gate: HookCallbackMatcher = {
    timeout: timeoutSeconds,
    hooks: [
      async (input) => {
        if (input.hook_event_name !== 'PreToolUse') return {}
        await beforeTool({
          toolUseId: input.tool_use_id,
          toolName: input.tool_name,
          input: (input.tool_input ?? {}) as Readonly<Record<string, unknown>>,
          thread: input.agent_id ?? null,
        })
        return {}
      },
    ],
  }
  return { ...hooks, PreToolUse: [...(hooks?.PreToolUse ?? []), gate] }
}
