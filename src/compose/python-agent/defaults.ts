/** Model of `runPythonAgent` and its kin where none is named. */
export const DEFAULT_MODEL = 'claude-sonnet-4-5-20250929' as const

export const SUPPORTED_MODELS = {
  SONNET: 'claude-sonnet-4-5-20250929',
  OPUS: 'claude-opus-4-5-20251101',
} as const

export type SupportedModel = (typeof SUPPORTED_MODELS)[keyof typeof SUPPORTED_MODELS]

/** The tools that an agent of `runPythonAgent` has, and that it uses without asking. */
export const DEFAULT_ALLOWED_TOOLS = ['Read', 'Write', 'Edit', 'Bash', 'Glob', 'Grep', 'WebFetch', 'WebSearch'] as const

export type AllowedTool = (typeof DEFAULT_ALLOWED_TOOLS)[number]

/** Milliseconds. */
export const TIMEOUTS = {
  DEFAULT_SANDBOX_TIMEOUT: 120_000,
  MAX_SANDBOX_TIMEOUT: 600_000,
} as const
