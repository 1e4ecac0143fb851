import type { Options } from '@anthropic-ai/claude-agent-sdk'

/** An option that Perdure sets itself; the text tells a caller what to use in its place. */
interface Owned {
  readonly owned: string
}

const conversation = { owned: 'Perdure keeps the conversation: resume or fork the session instead.' } as const
const transcript = {
  owned: 'Perdure keeps the transcript in its own store: set storage or dataDirectory instead.',
} as const
const delivery = {
  owned: 'Perdure always delivers servers and plugins over the agent’s own channel, never in its arguments.',
} as const

/**
 * Every option of the Agent SDK and what becomes of it. The type holds the list to exactly the SDK's
 * own keys, so that an option that the SDK gains or loses stops the build until it has its place here.
 */
export const optionRules = {
  abortController: { owned: 'Pass a signal to Perdure, or interrupt the session.' },
  additionalDirectories: 'passes',
  projectConfigRoot: 'passes',
  agent: 'passes',
  agents: 'passes',
  allowedTools: 'passes',
  canUseTool: 'passes',
  continue: conversation,
  cwd: { owned: 'Pass cwd to Perdure itself, beside the agent’s options.' },
  disallowedTools: 'passes',
  toolAliases: 'passes',
  tools: 'passes',
  env: 'passes',
  executable: 'passes',
  executableArgs: 'passes',
  extraArgs: 'passes',
  fallbackModel: 'passes',
  enableFileCheckpointing: {
    owned: 'Perdure saves the files itself, what Bash did included: set checkpoints, and rewind the session.',
  },
  toolConfig: 'passes',
  forkSession: conversation,
  betas: 'passes',
  hooks: 'passes',
  onElicitation: 'passes',
  onUserDialog: 'passes',
  supportedDialogKinds: 'passes',
  perTaskStopAffordance: 'passes',
  persistSession: transcript,
  sessionStore: transcript,
  sessionStoreFlush: transcript,
  loadTimeoutMs: transcript,
  includeHookEvents: 'passes',
  includePartialMessages: 'passes',
  forwardSubagentText: 'passes',
  verbatimPrompts: 'passes',
  thinking: 'passes',
  effort: 'passes',
  maxThinkingTokens: 'passes',
  maxTurns: 'passes',
  maxBudgetUsd: { owned: 'Set budget: { maxCostUSD } instead: it holds before a call is made, not after it.' },
  taskBudget: 'passes',
  mcpServers: 'passes',
  mcpServersDelivery: delivery,
  model: 'passes',
  outputFormat: 'passes',
  pathToClaudeCodeExecutable: 'passes',
  permissionMode: 'passes',
  planModeInstructions: 'passes',
  allowDangerouslySkipPermissions: 'passes',
  permissionPromptToolName: 'passes',
  permissionPrompts: 'passes',
  plugins: 'passes',
  pluginDelivery: delivery,
  promptSuggestions: 'passes',
  agentProgressSummaries: 'passes',
  resume: conversation,
  sessionId: conversation,
  resumeSessionAt: conversation,
  resumeDropsTurn: conversation,
  sandbox: 'passes',
  settings: 'passes',
  managedSettings: 'passes',
  settingSources: 'passes',
  skills: 'passes',
  debug: 'passes',
  debugFile: 'passes',
  stderr: 'passes',
  strictMcpConfig: 'passes',
  systemPrompt: 'passes',
  title: 'passes',
  spawnClaudeCodeProcess: { owned: 'Choose a sandbox instead: the agent always starts through it.' },
} as const satisfies Record<keyof Options, 'passes' | Owned>

export type OwnedOptionName = {
  [Name in keyof typeof optionRules]: (typeof optionRules)[Name] extends Owned ? Name : never
}[keyof typeof optionRules]

/** Flags of the command line that would bring an owned option in through `extraArgs`. */
export const ownedFlags: Readonly<Record<string, keyof typeof optionRules>> = {
  continue: 'continue',
  c: 'continue',
  resume: 'resume',
  r: 'resume',
  'session-id': 'sessionId',
  'fork-session': 'forkSession',
  'resume-session-at': 'resumeSessionAt',
  'no-session-persistence': 'persistSession',
  'max-budget-usd': 'maxBudgetUsd',
}
