import { query, type SDKResultMessage, type SDKUserMessage } from '@anthropic-ai/claude-agent-sdk'
import { expect, test } from 'vitest'
import { usdFromNanoUsd, type NanoUsd } from '../../src/domain/money.ts'
import { costOfCall } from '../../src/domain/prices/cost-of-call.ts'
import { findPrice } from '../../src/domain/prices/find-price.ts'
import { listPrices } from '../../src/domain/prices/list-prices.ts'
import { callUsageOf } from '../../src/gateway/metering/usage-of-wire.ts'
import type { ModelObservation, WireUsage } from '../../src/ports/model-observation.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { agentEnv, makePlace } from './real-agent.ts'
import { openGateway } from './support.ts'

const tokens = (input: number, cacheRead: number, written: readonly [in5m: number, in1h: number]): WireUsage => ({
  input_tokens: input,
  cache_read_input_tokens: cacheRead,
  cache_creation_input_tokens: written[0] + written[1],
  cache_creation: { ephemeral_5m_input_tokens: written[0], ephemeral_1h_input_tokens: written[1] },
})

/** What the answers of a model report, one after the other: every kind of token, and what has a price beside. */
const reports: readonly WireUsage[] = [
  { ...tokens(1_000, 20_000, [3_000, 4_000]), output_tokens: 500 },
  { ...tokens(1_000, 20_000, [3_000, 4_000]), output_tokens: 500, speed: 'fast', inference_geo: 'us' },
  { ...tokens(100, 0, [0, 0]), output_tokens: 10, server_tool_use: { web_search_requests: 3 }, inference_geo: 'us' },
  { ...tokens(2_000, 0, [7_000, 0]), cache_creation_input_tokens: 9_000, output_tokens: 100 },
  { ...tokens(40_000, 40_000, [10_000, 10_000]), output_tokens: 1_000 },
  { ...tokens(40_001, 40_000, [10_000, 10_000]), output_tokens: 1_000 },
]

test(
  'the agent charges for every model and kind of token what the table of prices says',
  { timeout: 60_000 },
  async () => {
    const models = [...new Set(listPrices.map(({ model }) => model))]
    const { result, seen } = await askEach(models)
    const charged = Object.entries(result.modelUsage).map(([model, { costUSD, costBasis }]) => [
      model,
      { usd: costUSD.toFixed(9), basis: costBasis },
    ])
    const expected = costsOf(seen).map(([model, cost]) => [
      model,
      { usd: usdFromNanoUsd(cost).toFixed(9), basis: 'list' },
    ])
    expect(expected.map(([model]) => model)).toEqual(models)
    expect(Object.fromEntries(charged)).toEqual(Object.fromEntries(expected))
  },
)

/** One agent that changes its model after each round of reports. */
async function askEach(
  models: readonly string[],
): Promise<{ result: SDKResultMessage; seen: readonly ModelObservation[] }> {
  const turns = models.flatMap((model) => reports.map((usage) => ({ model, usage })))
  let turn = 0
  const script = scriptedModel([{ reply: () => ({ text: 'ok', usage: { ...turns[turn]!.usage } }) }])
  const { gateway, run, seen } = await openGateway(script)
  const place = makePlace()
  const answered: (() => void)[] = []
  let result: SDKResultMessage | undefined
  async function* prompts(): AsyncGenerator<SDKUserMessage> {
    for (; turn < turns.length; turn += 1) {
      const { promise, resolve } = Promise.withResolvers<void>()
      answered.push(resolve)
      if (turn > 0 && turns[turn - 1]!.model !== turns[turn]!.model) await agent.setModel(turns[turn]!.model)
      yield { type: 'user', message: { role: 'user', content: 'go on' }, parent_tool_use_id: null }
      await promise
    }
  }
  const agent = query({
    prompt: prompts(),
    options: {
      cwd: place.cwd,
      model: models[0]!,
      settingSources: [],
      tools: [],
      env: { ...agentEnv(place, run), DISABLE_AUTO_COMPACT: '1' },
    },
  })
  try {
    for await (const message of agent) {
      if (message.type !== 'result') continue
      expect(message.subtype, JSON.stringify(turns[turn])).toBe('success')
      result = message
      answered.pop()?.()
    }
  } finally {
    await gateway.close()
    place.remove()
  }
  return { result: result!, seen }
}

/** By model, what the calls cost by what the gateway saw of them. */
function costsOf(seen: readonly ModelObservation[]): [model: string, cost: NanoUsd][] {
  const costs = new Map<string, NanoUsd>()
  for (const asked of seen) {
    // What the agent asks beside the conversation, to see whether a model is there, is not in its costs.
    if (asked.type !== 'request' || asked.kind !== 'turn') continue
    const ofCall = seen.filter(({ request }) => request === asked.request)
    const start = ofCall.find((one) => one.type === 'message_start')?.usage ?? null
    const last = ofCall.findLast((one) => one.type === 'usage')?.usage ?? null
    const price = findPrice(listPrices, asked.model, { at: new Date() })
    if (price === undefined) throw new Error(`no price of ${asked.model}`)
    costs.set(asked.model, (costs.get(asked.model) ?? 0n) + costOfCall(callUsageOf(start, last), price))
  }
  return [...costs]
}
