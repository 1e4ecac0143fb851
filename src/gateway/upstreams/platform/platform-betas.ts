/** A beta by the name that the agent sends, and the name that a platform knows it by. */
export type BetaNames = Readonly<Record<string, string>>

const same = (...names: readonly string[]): BetaNames => Object.fromEntries(names.map((name) => [name, name]))

// A platform refuses a whole request for one beta that it does not know, so only these pass. They are what
// Claude Code itself sends to each platform, and what the platform documents beyond that.
const everywhere = {
  ...same(
    'interleaved-thinking-2025-05-14',
    'thinking-token-count-2026-05-13',
    'tool-search-tool-2025-10-19',
    'context-1m-2025-08-07',
    'computer-use-2025-01-24',
    'computer-use-2025-11-24',
  ),
  'advanced-tool-use-2025-11-20': 'tool-search-tool-2025-10-19',
}

/** Those that Claude Code shows Bedrock in the header, as it does the API; Bedrock refuses them in the body. */
export const bedrockHeaderBetas: BetaNames = same('claude-code-20250219', 'effort-2025-11-24')

export const bedrockBetas: BetaNames = { ...everywhere, ...same('fine-grained-tool-streaming-2025-05-14') }

export const vertexBetas: BetaNames = {
  ...everywhere,
  ...same('claude-code-20250219', 'effort-2025-11-24', 'web-search-2025-03-05'),
}

export interface BetaChoice {
  /** The agent's header: names, with commas. */
  readonly asked: string | undefined
  readonly known: BetaNames
  /** Names that pass beyond the known ones. */
  readonly further: readonly string[]
}

/** The betas that a platform takes of those that were asked for, each once. */
export function chooseBetas({ asked = '', known, further }: BetaChoice): string[] {
  const names = asked.split(',').map((name) => name.trim())
  const taken = names.flatMap((name) =>
    further.includes(name) ? [name] : Object.hasOwn(known, name) ? [known[name]!] : [],
  )
  return [...new Set(taken)]
}

/** Fields of a request that exist with their beta only. */
const fieldsOfBetas: Readonly<Record<string, string>> = { context_management: 'context-management-2025-06-27' }

/** The body without the fields whose beta does not travel. */
export function withoutBetaFields(
  body: Readonly<Record<string, unknown>>,
  betas: readonly string[],
): Record<string, unknown> {
  const kept = Object.entries(body).filter(([field]) => {
    const beta = Object.hasOwn(fieldsOfBetas, field) ? fieldsOfBetas[field] : undefined
    return beta === undefined || betas.includes(beta)
  })
  return Object.fromEntries(kept)
}
