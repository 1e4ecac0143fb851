import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query, type Options, type SDKMessage, type SDKResultMessage } from '@anthropic-ai/claude-agent-sdk'
import type { ListenPlace } from '../../src/gateway/listen.ts'
import type { Script, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'
import type { GatewayRun, ModelUpstream } from '../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import { scriptedModel, type ScriptedRequest } from '../../src/testing/index.ts'
import { openGateway } from './support.ts'

export interface AgentRun {
  readonly messages: readonly SDKMessage[]
  readonly result: SDKResultMessage
  readonly seen: readonly ModelObservation[]
  readonly requests: readonly ScriptedRequest[]
  /** All text of the agent's answers. */
  readonly text: string
}

export interface AgentPlace {
  readonly cwd: string
  readonly configDirectory: string
}

export function makePlace(): AgentPlace & { remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'perdure-agent-'))
  const cwd = mkdtempSync(join(root, 'work-'))
  return {
    cwd,
    configDirectory: join(root, 'config'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

export interface AgentRunOptions {
  readonly place: AgentPlace
  readonly script?: Script | readonly ScriptRule[]
  readonly listen?: ListenPlace
  /** Instead of a script. */
  readonly upstream?: ModelUpstream
  readonly prompt?: string
  readonly options?: Options
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** One run of the real SDK and binary against a script, behind a gateway of its own. */
export async function runRealAgent({
  place,
  script = [],
  upstream,
  listen,
  prompt = 'hello',
  options,
  env,
}: AgentRunOptions): Promise<AgentRun> {
  const model = scriptedModel(script)
  const { gateway, run, seen } = await openGateway(upstream ?? model, listen === undefined ? {} : { listen })
  const messages: SDKMessage[] = []
  try {
    for await (const message of query({
      prompt,
      options: { ...baseOptions(place), ...options, env: { ...agentEnv(place, run), ...env } },
    })) {
      messages.push(message)
    }
  } catch {
    // After an error result the iterator throws as well; the result says what happened.
  } finally {
    await gateway.close()
  }
  const result = messages.findLast((message) => message.type === 'result')
  if (result === undefined) throw new Error('the agent gave no result')
  const text = messages
    .flatMap((message) => (message.type === 'assistant' ? message.message.content : []))
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
  return { messages, result, seen, requests: model.requests, text }
}

const baseOptions = ({ cwd }: AgentPlace): Options => ({
  cwd,
  model: 'claude-opus-5-5',
  settingSources: [],
  tools: ['Bash', 'Read', 'Agent'],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
  forwardSubagentText: true,
})

export const agentEnv = ({ cwd, configDirectory }: AgentPlace, run: GatewayRun) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: cwd,
  CLAUDE_CONFIG_DIR: configDirectory,
  ANTHROPIC_BASE_URL: run.baseUrl,
  ANTHROPIC_AUTH_TOKEN: run.token,
  ...(run.socketPath === undefined ? {} : { ANTHROPIC_UNIX_SOCKET: run.socketPath }),
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_MAX_RETRIES: '3',
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  // Lets root use bypassPermissions.
  IS_SANDBOX: '1',
})
