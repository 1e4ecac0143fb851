import { randomUUID } from 'node:crypto'
import { prewarm, query, startup, type Options, type Query } from '@anthropic-ai/claude-agent-sdk'
import { agentEnvironment } from '../../src/agents/claude/agent-environment.ts'
import { scriptedKey, type AgentBench } from './agent-bench.ts'
import { agentOptions, type AgentTurn } from './agent-turns.ts'
import type { Heard, PreparedTurn } from './prepared-turn.ts'

/** The options and the environment that Perdure gives its agents, so that only Perdure makes a difference. */
async function bareOptions(bench: AgentBench): Promise<Options> {
  const gateway = { baseUrl: bench.apiUrl, token: scriptedKey }
  const configDirectory = await bench.newConfigDirectory()
  return {
    ...agentOptions,
    cwd: bench.cwd,
    env: agentEnvironment({ options: {}, gateway, configDirectory }),
    settingSources: [],
    permissionMode: 'default',
    forwardSubagentText: true,
    includePartialMessages: true,
    mcpServersDelivery: 'initialize',
    pluginDelivery: 'initialize',
  }
}

export async function bareQuery(bench: AgentBench, turn: AgentTurn): Promise<PreparedTurn> {
  const options = await bareOptions(bench)
  return (heard) => follow(query({ prompt: turn.prompt, options }), turn, heard)
}

/** A session of one turn, and the way to one more; the agent keeps it in files of its own. */
export async function bareSession(bench: AgentBench, turn: AgentTurn): Promise<{ next: PreparedTurn }> {
  const options = await bareOptions(bench)
  const sessionId = randomUUID()
  await follow(query({ prompt: turn.prompt, options: { ...options, sessionId } }), turn, { text: () => {} })
  return {
    next: (heard) => follow(query({ prompt: turn.prompt, options: { ...options, resume: sessionId } }), turn, heard),
  }
}

export async function bareStartup(bench: AgentBench, turn: AgentTurn): Promise<PreparedTurn> {
  const warm = await startup({ options: await bareOptions(bench) })
  return (heard) => follow(warm.query(turn.prompt), turn, heard)
}

export async function barePrewarm(bench: AgentBench, turn: AgentTurn): Promise<PreparedTurn> {
  const { cwd: _cwd, ...options } = await bareOptions(bench)
  const spare = await prewarm({ options })
  return async (heard) => {
    const claimed = spare.claim({ prompt: turn.prompt, options: { cwd: bench.cwd, model: agentOptions.model } })
    await Promise.all([spare.claimed, follow(claimed, turn, heard)])
  }
}

async function follow(messages: Query, turn: AgentTurn, heard: Heard): Promise<void> {
  let said: string | undefined
  for await (const message of messages) {
    if (message.type === 'stream_event') {
      const { event } = message
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') heard.text()
    }
    if (message.type === 'result' && message.subtype === 'success') said = message.result
  }
  if (said !== turn.answer) throw new Error(`the bare agent said ${said} to ${turn.prompt}`)
}

/** Starts a turn that never ends; resolves at its first word, to the way to end it. */
export async function holdBareAgent(bench: AgentBench, turn: AgentTurn): Promise<() => Promise<void>> {
  const messages = query({ prompt: turn.prompt, options: await bareOptions(bench) })
  const first = Promise.withResolvers<void>()
  const over = follow(messages, turn, { text: first.resolve }).catch(() => {})
  await Promise.race([first.promise, over])
  return async () => {
    messages.close()
    await over
  }
}
