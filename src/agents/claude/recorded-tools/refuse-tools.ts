import type { HookCallbackMatcher, PreToolUseHookInput, SyncHookJSONOutput } from '@anthropic-ai/claude-agent-sdk'
import { setTimeout as delay } from 'node:timers/promises'
import type { RecordedTools } from '../../../ports/recorded-tools.ts'

export interface RefuseToolsOptions {
  readonly recorded: RecordedTools
  readonly onRefused: (toolUseId: string) => void
}

/**
 * Tools that move nothing but the agent's own state, which its next requests depend on: they work as ever
 * unless they were refused in the recorded run. A sub-agent has to run so that its requests are made.
 */
const ownTools = new Set([
  'Agent', 'Task', 'SendMessage', 'ListAgents', 'Skill', 'StructuredOutput', 'ToolSearch', 'TodoWrite',
  'TaskCreate', 'TaskGet', 'TaskList', 'TaskUpdate', 'EnterPlanMode', 'ExitPlanMode',
]) // prettier-ignore

export const isOwnTool = (name: string): boolean => ownTools.has(name)

/** A hook that lets no tool work. Should it fail, the call is refused too. */
export function refuseTools({ recorded, onRefused }: RefuseToolsOptions): HookCallbackMatcher {
  const decide = async (call: PreToolUseHookInput, signal: AbortSignal): Promise<SyncHookJSONOutput> => {
    const known = recorded.record.findToolCall(call.tool_use_id)
    const worked = known?.isError !== true || known.startedThread === true
    if (isOwnTool(call.tool_name) && worked) return decision('allow', { updatedInput: withoutIsolation(call) })
    if (recorded.speed === 'recorded') await delay(known?.durationMs ?? 0, undefined, { signal })
    onRefused(call.tool_use_id)
    return decision('deny', { permissionDecisionReason: 'The result comes from the recording.' })
  }
  return {
    onFailure: 'block',
    hooks: [async (input, _id, { signal }) => (input.hook_event_name === 'PreToolUse' ? decide(input, signal) : {})],
  }
}

const decision = (permissionDecision: 'allow' | 'deny', more: Record<string, unknown>): SyncHookJSONOutput => ({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, ...more },
})

/** A sub-agent without tools needs neither a work tree of its own nor another machine. */
function withoutIsolation({ tool_input }: PreToolUseHookInput): Record<string, unknown> {
  const { isolation: _isolation, ...input } = tool_input as Record<string, unknown>
  return input
}
