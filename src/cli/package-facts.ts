import { readFileSync } from 'node:fs'

export interface PackageFacts {
  readonly version: string
  /** Range of Node versions. */
  readonly node: string
  /** Range of versions of the Agent SDK that were tested. */
  readonly agentSdk: string
}

/** What the manifest of this package says, in a checkout as in an installed copy. */
export function packageFacts(): PackageFacts {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
    engines: { node: string }
    peerDependencies: Record<string, string>
  }
  return {
    version: manifest.version,
    node: manifest.engines.node,
    agentSdk: manifest.peerDependencies['@anthropic-ai/claude-agent-sdk'] ?? '*',
  }
}
