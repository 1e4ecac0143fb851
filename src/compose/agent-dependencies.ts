import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { AgentDependencies } from '../runtime/agent-dependencies.ts'
import { createPrivateFolder } from './private-folders.ts'
import { processRuntime } from './process-runtime.ts'

/** What agents of this process are started with, in these sandboxes. */
export function agentDependencies(sandboxes: SandboxProvider): AgentDependencies<ClaudeAgentOptions> {
  const { gateway, driver, startSlots } = processRuntime()
  return { gateway, driver, startSlots, sandboxes, createConfigDirectory: createPrivateFolder }
}
