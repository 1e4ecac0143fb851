import { afterAll, describe, expect, test } from 'vitest'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import {
  costs,
  listBudgets,
  MemoryStorage,
  openSession,
  runAgent,
  setBudget,
  type CostUpdate,
  type ModelMetrics,
  type RunAgentOptions,
} from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

afterAll(() => processRuntime().close())

/** Each call of Haiku 4.5 with this usage costs a cent: 5,000 tokens at one dollar a million, 1,000 at five. */
const cent = {
  input_tokens: 5_000,
  output_tokens: 1_000,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
}
const list = { name: 'Bash', input: { command: 'ls' } }
const threeCents: Script = {
  rules: [
    { when: { request: [1, 2] }, reply: { text: 'I look.', tool: list, usage: cent } },
    { reply: { text: 'Done.', usage: cent } },
  ],
}

function lean(script: Script, options: Partial<RunAgentOptions> = {}) {
  const storage = options.storage ?? new MemoryStorage()
  const model = scriptedModel(script)
  const given: RunAgentOptions = {
    prompt: 'Look.',
    cwd: scratchFolder(),
    storage,
    upstream: model,
    model: 'claude-haiku-4-5',
    tools: ['Bash'],
    allowedTools: ['Bash(ls)'],
    systemPrompt: 'You are brief.',
    thinking: { type: 'disabled' },
    env: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '2000' },
    ...options,
  }
  return { storage, model, run: runAgent(given), options: given }
}

describe('what a run costs', () => {
  test('the wire, the ledger, the agent and the outcome say the same; callbacks hear it call by call', async () => {
    const updates: CostUpdate[] = []
    const metrics: ModelMetrics[] = []
    const { run, storage } = lean(threeCents, {
      userId: 'ada',
      tags: ['nightly', 'docs'],
      onCostUpdate: (_costUsd, update) => updates.push(update),
      onMetrics: (look) => metrics.push(look),
    })
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'completed', costUsd: 0.03, usage: { inputTokens: 15_000 } })
    expect(updates.map(({ costUsd }) => costUsd)).toEqual([0.01, 0.02, 0.03])
    const ended = metrics.filter(({ phase }) => phase === 'ended')
    expect(ended).toMatchObject([1, 2, 3].map((request) => ({ request, costUsd: 0.01, outputTokens: 1_000 })))
    expect(metrics.filter(({ phase }) => phase === 'first_token')).toHaveLength(3)

    const rows = await costs({ storage, groupBy: ['run', 'session', 'user', 'model'] })
    expect(rows).toMatchObject([
      {
        group: { run: run.runId, session: run.sessionId, user: 'ada', model: 'claude-haiku-4-5' },
        calls: 3,
        costUsd: 0.03,
        listCostUsd: 0.03,
        cacheHitRate: 0,
      },
    ])
    expect(await costs({ storage, groupBy: ['tag'] })).toMatchObject([
      { group: { tag: 'docs' }, costUsd: 0.03 },
      { group: { tag: 'nightly' }, costUsd: 0.03 },
    ])
    const session = await openSession(run.sessionId, { storage })
    const events = await session.events()
    expect(events.filter(({ type }) => type === 'perdure.cost_difference')).toEqual([])
    expect(events.find(({ type }) => type === 'perdure.turn_ended')).toMatchObject({ cost_source: 'gateway' })
    expect(events.find(({ type }) => type === 'span.model_request_end')).toMatchObject({
      perdure: { cost_nano_usd: '10000000' },
    })
  })

  test('at other prices than the public list, what is paid and the list stand side by side', async () => {
    const { run, storage } = lean(threeCents, { prices: { multiplier: 0.5 } })
    expect(await run).toMatchObject({ costUsd: 0.015 })
    expect(await costs({ storage })).toMatchObject([{ costUsd: 0.015, listCostUsd: 0.03 }])
    const events = await (await openSession(run.sessionId, { storage })).events()
    expect(events.find(({ type }) => type === 'perdure.cost_difference')).toMatchObject({
      gateway: { cost_nano_usd: '15000000' },
      agent: { cost_nano_usd: '30000000' },
    })
  })

  test('an interrupted turn costs what was seen of it', async () => {
    const { run, storage } = lean({
      turns: [{ text: 'I begin and then say nothing more', stallAfterEvents: 6, usage: cent }],
    })
    for await (const event of run) if (event.type === 'event_delta') await run.interrupt()
    const outcome = await run
    expect(outcome.status).toBe('cancelled')
    expect(outcome.costUsd).toBeGreaterThanOrEqual(0.005)
    const [row] = await costs({ storage })
    expect(row?.costUsd).toBe(outcome.costUsd)
    const session = await openSession(run.sessionId, { storage })
    expect((await session.state()).usage.costNanoUsd).toBe(BigInt(Math.round(outcome.costUsd * 1e9)))
  })
})

describe('a hard budget', () => {
  test('of five cents lets three lean calls of a cent each through', async () => {
    const { run, storage } = lean(threeCents, { budget: { maxCostUSD: 0.05 } })
    expect(await run).toMatchObject({ status: 'completed', text: 'Done.', costUsd: 0.03 })
    expect(await listBudgets({ storage, runs: true })).toMatchObject([
      { spentUsd: 0.03, presumedUsd: 0, reservedUsd: 0 },
    ])
  })

  test('ends the run before it is exceeded, keeps what was reached, and a higher one goes on', async () => {
    const { run, storage, model, options } = lean(threeCents, { budget: { maxCostUSD: 0.02 } })
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'budget_reached', text: 'I look.', error: { code: 'budget_reached' } })
    expect(outcome.costUsd).toBeLessThanOrEqual(0.02)
    const asked = model.requests.length
    const { prompt: _prompt, cwd: _cwd, ...rest } = options
    const more = await runAgent({ ...rest, sessionId: run.sessionId, budget: { maxCostUSD: 0.05 } })
    expect(more).toMatchObject({ status: 'completed', text: 'Done.' })
    expect(model.requests.length).toBeGreaterThan(asked)
    const [row] = await costs({ storage })
    expect(row?.costUsd).toBeCloseTo(outcome.costUsd + more.costUsd, 9)
  })

  test('of a user holds for all of its sessions, and of a session for its forks', async () => {
    const storage = new MemoryStorage()
    await setBudget({ storage, scope: 'user', id: 'ada', window: 'day', maxCostUSD: 0.045 })
    const first = lean(threeCents, { storage, userId: 'ada' })
    expect(await first.run).toMatchObject({ status: 'completed' })
    expect(await lean(threeCents, { storage, userId: 'ada' }).run).toMatchObject({
      status: 'budget_reached',
      error: { details: { scope: 'user', id: 'ada' } },
    })
    const session = await openSession(first.run.sessionId, { storage })
    await session.setBudget({ maxCostUSD: 0.031 })
    const fork = lean(threeCents, { storage, sessionId: session.id, fork: true, userId: 'bob' })
    expect(await fork.run).toMatchObject({ status: 'budget_reached', error: { details: { scope: 'session' } } })
    // The budget of a user says nothing about others.
    expect(await lean(threeCents, { storage, userId: 'eve' }).run).toMatchObject({ status: 'completed' })
  })

  test('refuses a model whose price nobody knows, and says so', async () => {
    const { run, model } = lean(threeCents, { model: 'claude-unheard-of', budget: { maxCostUSD: 1 } })
    expect(await run).toMatchObject({ status: 'failed', error: { code: 'model_unpriced' } })
    expect(model.requests).toEqual([])
  })

  test('with warn nothing is refused: crossing it is an event', async () => {
    const { run, storage } = lean(threeCents, { budget: { maxCostUSD: 0.02, onBudgetExceeded: 'warn' } })
    expect(await run).toMatchObject({ status: 'completed', costUsd: 0.03 })
    const events = await (await openSession(run.sessionId, { storage })).events()
    expect(
      events.flatMap((event) => (event.type === 'perdure.budget_threshold' ? [[event.threshold, event.mode]] : [])),
    ).toEqual([
      [0.8, 'soft'],
      [1, 'soft'],
    ])
  })

  test.each([[{ maxCostUSD: 0 }], [{ maxCostUSD: -1 }], [{ maxCostUSD: 1, onBudgetExceeded: 'explode' }], [{}]])(
    'refuses %j before anything starts',
    (budget) => {
      expect(() => lean(threeCents, { budget: budget as NonNullable<RunAgentOptions['budget']> })).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      )
    },
  )
})
