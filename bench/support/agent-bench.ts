import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { ModelUpstream } from '../../src/index.ts'
import type { BenchSettings } from './bench-settings.ts'
import { startProgram } from './program.ts'

/** Where both sides run: one model, one working folder. */
export interface AgentBench {
  readonly apiUrl: string
  /** The same model for Perdure's gateway, as it would reach the real one. */
  readonly upstream: ModelUpstream
  readonly cwd: string
  readonly dataDirectory: string
  /** An empty folder for one bare agent's own files; Perdure gives each of its agents one by itself. */
  newConfigDirectory(): Promise<string>
  end(): Promise<void>
}

/** Any key will do: the scripted model takes them all. */
export const scriptedKey = 'scripted'

export async function openAgentBench({ scratch }: Pick<BenchSettings, 'scratch'>): Promise<AgentBench> {
  const folder = await mkdtemp(join(scratch, 'agents-'))
  const cwd = join(folder, 'work')
  await mkdir(cwd)
  const api = startProgram<string>('scripted-api.ts', { task: null })
  const apiUrl = await api.next()
  const upstream = createAnthropicUpstream({ credentials: { authToken: scriptedKey }, baseUrl: apiUrl })
  return {
    apiUrl,
    upstream,
    cwd,
    dataDirectory: join(folder, 'data'),
    newConfigDirectory: () => mkdtemp(join(folder, 'config-')),
    async end() {
      await upstream.close?.()
      await api.end()
    },
  }
}
