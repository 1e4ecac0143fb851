import type { Options } from '@anthropic-ai/claude-agent-sdk'
import type { OwnedOptionName } from './option-rules.ts'

/**
 * Options of a Claude agent: those of the Agent SDK, less the ones that Perdure sets itself. Each
 * reaches the SDK unchanged; `docs/reference/agent-options.md` lists them all.
 *
 * - `env` is laid over Perdure's base environment; `undefined` takes a variable out. Credentials and
 *   addresses of the model's service are not taken from it.
 * - `canUseTool`, when given, answers every question about permissions itself.
 */
export type ClaudeAgentOptions = Omit<Options, OwnedOptionName>
