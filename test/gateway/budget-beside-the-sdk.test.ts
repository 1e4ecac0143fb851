import { query } from '@anthropic-ai/claude-agent-sdk'
import { expect, test } from 'vitest'
import { agentEnvironment } from '../../src/agents/claude/agent-environment.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { MemoryStorage, runAgent } from '../../src/index.ts'
import { startScriptedMessagesApi, type Script, type ScriptedMessagesApi } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

/** With Haiku 4.5 each call costs a cent: 5,000 tokens in, 1,000 out. */
const usage = {
  input_tokens: 5_000,
  output_tokens: 1_000,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
}

/** What a service would bill for these requests that keeps to their max_tokens, as a script does not. */
function billUsd({ requests }: ScriptedMessagesApi): number {
  const calls = requests.filter(({ path }) => path.startsWith('/v1/messages?'))
  const outputTokens = calls.map(({ body }) => Math.min(1_000, (body as { max_tokens: number }).max_tokens))
  return outputTokens.reduce((sum, tokens) => sum + (5_000 + 5 * tokens) / 1e6, 0)
}
const worker = { type: 'worker', prompt: 'Look again and again.', background: false }

/** Four sub-agents at once that never have enough. */
const greedy: Script = {
  rules: [
    { when: { agent: false, request: 1 }, reply: { agents: [worker, worker, worker, worker], usage } },
    { reply: { tool: { name: 'Bash', input: { command: 'ls' } }, usage } },
  ],
}

const agentOptions = {
  model: 'claude-haiku-4-5',
  tools: ['Bash', 'Agent'],
  allowedTools: ['Bash(ls)', 'Agent'],
  thinking: { type: 'disabled' as const },
  agents: { worker: { description: 'Works.', prompt: 'You work.', tools: ['Bash'] } },
}
const env = { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1000' }
const limitUsd = 0.105

test('with sub-agents the SDK’s maxBudgetUsd is overspent; Perdure’s budget is not', async () => {
  const bare = await startScriptedMessagesApi(greedy)
  const gateway = { baseUrl: bare.url, token: 'any' }
  const options = { ...agentOptions, maxBudgetUsd: limitUsd, cwd: scratchFolder(), settingSources: [] }
  const environment = agentEnvironment({ options: { env }, gateway, configDirectory: scratchFolder() })
  try {
    for await (const _message of query({ prompt: 'Look.', options: { ...options, env: environment } })) void _message
  } catch {
    // What it throws says that the budget is reached.
  }
  const bareUsd = billUsd(bare)
  await bare.close()

  const held = await startScriptedMessagesApi(greedy)
  const upstream = createAnthropicUpstream({ credentials: { apiKey: 'any' }, baseUrl: held.url })
  const outcome = await runAgent({
    ...agentOptions,
    prompt: 'Look.',
    cwd: scratchFolder(),
    storage: new MemoryStorage(),
    upstream,
    env,
    budget: { maxCostUSD: limitUsd },
  })
  const heldUsd = billUsd(held)
  await upstream.close?.()
  await held.close()

  expect(bareUsd).toBeGreaterThan(limitUsd)
  expect(heldUsd).toBeLessThanOrEqual(limitUsd)
  expect(outcome.status).toBe('budget_reached')
}, 60_000)
