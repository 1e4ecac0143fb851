import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'

/** What says how the agent works and can be written down. All else is named, and must be given again. */
const recordable: ReadonlySet<string> = new Set([
  'additionalDirectories',
  'agent',
  'agents',
  'allowDangerouslySkipPermissions',
  'allowedTools',
  'betas',
  'disallowedTools',
  'effort',
  'fallbackModel',
  'forwardSubagentText',
  'maxThinkingTokens',
  'maxTurns',
  'model',
  'outputFormat',
  'permissionMode',
  'planModeInstructions',
  'settingSources',
  'skills',
  'strictMcpConfig',
  'systemPrompt',
  'taskBudget',
  'thinking',
  'title',
  'tools',
] satisfies (keyof ClaudeAgentOptions)[])

export interface RecordableOptions {
  readonly options: Readonly<Record<string, unknown>>
  /** Names of the others: functions, servers, environments, which may hold secrets. */
  readonly unrecorded: readonly string[]
}

/** The options of an agent as a cassette keeps them. */
export function recordableOptions(agent: ClaudeAgentOptions): RecordableOptions {
  const entries = Object.entries(agent).filter(([, value]) => value !== undefined)
  const [kept = [], others = []] = [true, false].map((wanted) =>
    entries.filter(([name]) => recordable.has(name) === wanted),
  )
  return { options: Object.fromEntries(kept), unrecorded: others.map(([name]) => name) }
}
