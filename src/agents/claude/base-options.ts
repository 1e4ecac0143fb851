import type { Options } from '@anthropic-ai/claude-agent-sdk'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'

/** Full id: short names and unset models change their meaning with the version of the agent. */
export const defaultModel = 'claude-sonnet-5-5'

const fileAndShellTools = ['Bash', 'Edit', 'Read', 'Write'] as const

/**
 * The defaults under a user's options. Nothing of the machine leaks in (`settingSources: []`), and the
 * tools are named: four to work with, and those that other options of the user need to have an effect.
 */
export function baseOptions(options: ClaudeAgentOptions): Options {
  const hasPlugins = (options.plugins?.length ?? 0) > 0 || (options.settingSources?.length ?? 0) > 0
  const tools: string[] = [...fileAndShellTools]
  if (options.agents !== undefined || hasPlugins) tools.push('Agent')
  if (options.skills !== undefined || hasPlugins) tools.push('Skill')
  return { model: defaultModel, tools, settingSources: [], permissionMode: 'default' }
}
