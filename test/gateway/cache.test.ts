import { describe, expect, onTestFinished, test } from 'vitest'
import type { CacheStrategy, KeepWarm } from '../../src/domain/cache-strategy.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { apiErrorResponse } from '../../src/gateway/wire/api-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../src/ports/model-gateway.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { tenantBudget, told, type ToldUsage } from './billing/open-metered.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { FakeTimer, settled } from './fake-timer.ts'
import { plainUpstream } from './support.ts'

const minuteMs = 60_000

const marked = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
const conversation = {
  model: 'claude-haiku-4-5',
  max_tokens: 1_000,
  system: [marked],
  messages: [{ role: 'user', content: [marked] }],
}
const warm = { input_tokens: 10, cache_read_input_tokens: 100_000, cache_creation_input_tokens: 0, output_tokens: 1 }

interface Opening {
  readonly cache: Partial<CacheStrategy>
  readonly answer?: (request: UpstreamRequest) => UpstreamResponse | Promise<UpstreamResponse>
  readonly limitUsd?: number
  readonly upstream?: ModelUpstream
}

async function open({ cache, answer = () => told(warm), limitUsd, upstream }: Opening) {
  const { ledger } = openMemoryStorage().workspace(testScope)
  if (limitUsd !== undefined) await ledger.setBudget(tenantBudget(limitUsd))
  const timer = new FakeTimer()
  const gateway = createModelGateway({ cacheTimer: timer })
  onTestFinished(() => gateway.close())
  const plain = plainUpstream(answer)
  const { runId, account, watch } = testAccount({ ledger })
  const run = await gateway.openRun({
    runId,
    upstream: upstream ?? plain.upstream,
    observe: () => {},
    account: () => account,
    cache: { main: null, subAgents: null, keepWarm: null, ...cache },
  })
  const ask = async (body: object, headers: Record<string, string> = {}): Promise<number> => {
    const answered = await fetch(`${run.baseUrl}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}`, ...headers },
      body: JSON.stringify(body),
    })
    await answered.arrayBuffer()
    await settled()
    return answered.status
  }
  const bodies = () => plain.requests.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as typeof conversation)
  return { run, ask, timer, requests: plain.requests, bodies, ledger, watch }
}

describe('the ttl of the cache', () => {
  const subAgent = { 'x-claude-code-agent-id': 'a1' }

  test('is set by role, with the beta that it needs; requests beside the conversation stay as they are', async () => {
    const { ask, requests, bodies } = await open({ cache: { main: '1h', subAgents: '5m' } })
    await ask(conversation, { 'anthropic-beta': 'effort-2025-11-24' })
    await ask(conversation, { 'anthropic-beta': 'extended-cache-ttl-2025-04-11' })
    await ask({ ...conversation, max_tokens: 1 })
    await ask(conversation, subAgent)
    const hour = { type: 'ephemeral', ttl: '1h' }
    const [first, second, side, sub] = bodies()
    expect([first!.system[0]!.cache_control, first!.messages[0]!.content[0]!.cache_control]).toEqual([hour, hour])
    expect(second!.system[0]!.cache_control).toEqual(hour)
    expect(requests.map(({ headers }) => headers['anthropic-beta'])).toEqual([
      'effort-2025-11-24,extended-cache-ttl-2025-04-11',
      'extended-cache-ttl-2025-04-11',
      undefined,
      undefined,
    ])
    expect(side).toEqual({ ...conversation, max_tokens: 1 })
    expect(sub).toEqual(conversation)
  })

  test('is not set in what is no request: the service says what is wrong with it', async () => {
    const keepWarm = { forMs: minuteMs, maxCostNanoUsd: null }
    const { run, requests } = await open({ cache: { main: '1h', keepWarm } })
    const body = String.raw`{"model":"m","\x":1,"cache_control":{"type":"ephemeral"}`
    const headers = { authorization: `Bearer ${run.token}` }
    await fetch(`${run.baseUrl}/v1/messages`, { method: 'POST', headers, body })
    expect(Buffer.from(requests[0]!.body).toString()).toBe(body)
  })

  test('counts in what a hard budget reserves', async () => {
    // 20,000 tokens at most: two cents as input, four when they are written for an hour.
    const long = { ...conversation, max_tokens: 1, stop_sequences: ['x'], messages: [{ role: 'user', content: [{ ...marked, text: 'x'.repeat(20_000) }] }] } // prettier-ignore
    const asked = { ...long, max_tokens: 256 }
    const short = await open({ cache: {}, limitUsd: 0.035 })
    expect(await short.ask(asked)).toBe(200)
    const hour = await open({ cache: { main: '1h' }, limitUsd: 0.035 })
    expect(await hour.ask(asked)).toBe(403)
  })
})

describe('keep-warm', () => {
  const keepWarm: KeepWarm = { forMs: 20 * minuteMs, maxCostNanoUsd: null }

  test('reads the last request of the main conversation again, shortly before its entry is lost', async () => {
    const { ask, timer, requests, bodies, ledger, watch } = await open({ cache: { keepWarm } })
    await ask({ ...conversation, stream: true })
    await timer.pass(4 * minuteMs)
    expect(requests).toHaveLength(1)
    await timer.pass(1 * minuteMs)
    expect(bodies()[1]).toEqual({ ...conversation, stream: true, max_tokens: 1 })
    await timer.pass(60 * minuteMs)
    // At 4.5, 9, 13.5 and 18 minutes.
    expect(requests).toHaveLength(5)
    expect(timer.isIdle).toBe(true)
    const rows = await ledger.costs({ groupBy: ['kind'] })
    expect(rows).toMatchObject([
      { group: { kind: 'side' }, calls: 4, cacheReadInputTokens: 400_000 },
      { group: { kind: 'turn' }, calls: 1 },
    ])
    expect(watch.ended).toHaveLength(5)
  })

  test('begins anew with each request of the main conversation, whatever sub-agents and side requests do', async () => {
    const { ask, timer, requests } = await open({ cache: { keepWarm } })
    await ask(conversation)
    await timer.pass(3 * minuteMs)
    await ask(conversation)
    await timer.pass(3 * minuteMs)
    expect(requests).toHaveLength(2)
    await ask(conversation, { 'x-claude-code-agent-id': 'a1' })
    await ask({ ...conversation, max_tokens: 1 })
    await timer.pass(2 * minuteMs)
    expect(requests).toHaveLength(5)
  })

  test('lives an hour where the request says so', async () => {
    const { ask, timer, requests } = await open({
      cache: { main: '1h', keepWarm: { ...keepWarm, forMs: 120 * minuteMs } },
    })
    await ask(conversation)
    await timer.pass(53 * minuteMs)
    expect(requests).toHaveLength(1)
    await timer.pass(2 * minuteMs)
    expect(requests).toHaveLength(2)
  })

  test('stops where it would cost more than the loss of the entry', async () => {
    // Reading 100,000 tokens of Haiku 4.5 costs a cent, writing them twelve and a half.
    const { ask, timer, requests } = await open({ cache: { keepWarm: { ...keepWarm, forMs: 10 * 60 * minuteMs } } })
    await ask(conversation)
    await timer.pass(10 * 60 * minuteMs)
    expect(requests).toHaveLength(1 + 11)
  })

  test.each<[string, ToldUsage]>([
    ['was lost all the same', { input_tokens: 10, cache_creation_input_tokens: 100_000, output_tokens: 1 }],
    ['is not there', { input_tokens: 100_010, output_tokens: 1 }],
  ])('stops when a reading says that the entry %s', async (_case, usage) => {
    const answers = [told(warm), told(usage)]
    const { ask, timer, requests } = await open({ cache: { keepWarm }, answer: () => answers.shift()! })
    await ask(conversation)
    await timer.pass(60 * minuteMs)
    expect(requests).toHaveLength(2)
  })

  test('makes no reading that could cost more than its own limit', async () => {
    // The worst reading writes for 12.5 cents and a bit; each good one costs a cent.
    const costing = async (maxCostNanoUsd: bigint): Promise<number> => {
      const { ask, timer, requests } = await open({ cache: { keepWarm: { ...keepWarm, maxCostNanoUsd } } })
      await ask(conversation)
      await timer.pass(60 * minuteMs)
      return requests.length - 1
    }
    expect(await costing(120_000_000n)).toBe(0)
    expect(await costing(130_000_000n)).toBe(1)
    expect(await costing(140_500_000n)).toBe(2)
  })

  test('is not for a request with a thinking budget, without marks, that failed, or after a sleep of the machine', async () => {
    const failing = await open({ cache: { keepWarm }, answer: () => apiErrorResponse({ status: 400, message: 'no' }) })
    await failing.ask(conversation)
    const { ask, timer, requests } = await open({ cache: { keepWarm } })
    await ask({ ...conversation, thinking: { type: 'enabled', budget_tokens: 500 } })
    await timer.pass(60 * minuteMs)
    await ask({ ...conversation, system: 'plain', messages: [{ role: 'user', content: 'plain' }] })
    await timer.pass(60 * minuteMs)
    await ask(conversation)
    timer.sleep(10 * minuteMs)
    await timer.pass(60 * minuteMs)
    await failing.timer.pass(60 * minuteMs)
    expect(requests).toHaveLength(3)
    expect(failing.requests).toHaveLength(1)
  })

  test('that a budget refuses costs nothing, and takes nothing from the run', async () => {
    const { ask, timer, requests, watch } = await open({ cache: { keepWarm }, limitUsd: 0.012 })
    expect(await ask(conversation)).toBe(200)
    await timer.pass(60 * minuteMs)
    expect(requests).toHaveLength(1)
    expect(watch.refusals).toEqual([])
  })

  test('ends with the run, which waits for the reading under way', async () => {
    const reading = Promise.withResolvers<UpstreamResponse>()
    const answers = [told(warm), reading.promise]
    const { ask, run, timer, requests, watch } = await open({ cache: { keepWarm }, answer: () => answers.shift()! })
    await ask(conversation)
    await timer.pass(5 * minuteMs)
    const closing = run.close()
    reading.resolve(told(warm))
    await closing
    await timer.pass(60 * minuteMs)
    expect(requests).toHaveLength(2)
    expect(watch.ended.map(({ certainty }) => certainty)).toEqual(['known', 'known'])
  })
})
