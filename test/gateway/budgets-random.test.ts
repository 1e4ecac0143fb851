import { expect, test } from 'vitest'
import type { BudgetLimit } from '../../src/domain/budget.ts'
import { newSessionId } from '../../src/domain/ids.ts'
import { nanoUsdFromUsd } from '../../src/domain/money.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { guardedUpstream } from '../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { defaultRetryPolicies } from '../../src/ports/retry-policy.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { scratchFolder } from '../support/scratch.ts'
import { BillingService, fates } from './billing/billing-service.ts'
import { seededRandom, wholeBetween } from './billing/random.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { talk, type RunPlan } from './billing/scripted-run.ts'

const seed = Number(process.env['PERDURE_SEED'] ?? 20_261_121)
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => seed + index)

const retry = {
  policy: { ...defaultRetryPolicies.modelRequest, maxAttempts: 3, initialDelayMs: 2, maxDelayMs: 10 },
  hasFallbackModel: false,
}

const budget = (key: Pick<BudgetLimit, 'scope' | 'id'>, usd: number): BudgetLimit => ({
  ...key,
  window: 'total',
  limitNanoUsd: nanoUsdFromUsd(usd),
  mode: 'hard',
  thresholds: [0.5],
})

/** Several runs, some of one session or its forks, on a tenant's budget and on their sessions' own. */
async function fleet(storage: Storage, caseSeed: number) {
  const random = seededRandom(caseSeed)
  const faults = random() < 0.2 ? 0 : random() * 0.5
  const service = new BillingService({
    random,
    fateOf: (draw) => (draw() < faults ? fates[wholeBetween(draw, 1, fates.length - 1)]! : 'answered'),
    tokensPerByte: random() < 0.3 ? 1 : 0.2 + random() * 0.8,
    outputTokens: [1, wholeBetween(random, 10, 6_000)],
    pauseMs: 3,
    hasCache: random() < 0.5,
    countsTokens: random() < 0.7,
  })
  const upstream = createAnthropicUpstream({ credentials: { apiKey: 'key' }, baseUrl: await service.start() })
  guardedUpstream(upstream, { circuit: { failuresToOpen: 1_000 } })
  const gateway = createModelGateway({ defaultUpstream: upstream })
  const { ledger } = storage.workspace(testScope)
  const limits = [budget({ scope: 'workspace', id: testScope.workspaceId }, 0.02 + random() * 0.4)]
  const [parent, own] = [newSessionId(), newSessionId()]
  limits.push(budget({ scope: 'session', id: parent }, 0.01 + random() * 0.1))
  for (const limit of limits) await ledger.setBudget(limit)
  const plan: RunPlan = {
    random,
    calls: wholeBetween(random, 2, 8),
    model: ['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-opus-5-5'][wholeBetween(random, 0, 2)]!,
    maxTokens: wholeBetween(random, 100, 16_000),
    aborts: random() < 0.3 ? 0 : random() * 0.4,
    messageBytes: [10, wholeBetween(random, 20, 6_000)],
  }
  const accounts = [
    testAccount({ ledger, sessionId: parent }),
    testAccount({ ledger, sessionId: newSessionId(), forkedFrom: [parent] }),
    testAccount({ ledger, sessionId: own }),
    testAccount({ ledger }),
    testAccount({ ledger, userId: 'ada' }),
  ].slice(0, wholeBetween(random, 2, 5))
  await Promise.all(
    accounts.map(async ({ runId, account }) => {
      const run = await gateway.openRun({ runId, observe: () => {}, account: () => account, retry })
      await Promise.all([talk(run, plan), ...(random() < 0.3 ? [talk(run, plan, 'sub-agent')] : [])])
      await run.close()
    }),
  )
  const budgets = await ledger.budgets()
  await gateway.close()
  const rows = await ledger.costs()
  await service.close()
  return { service, budgets, accounts, rows, limits }
}

async function holds(storage: Storage, caseSeed: number): Promise<void> {
  const { service, budgets, accounts } = await fleet(storage, caseSeed)
  const tenant = budgets.find(({ scope }) => scope === 'workspace')!
  expect(service.billNanoUsd, 'the bill is within the limit').toBeLessThanOrEqual(tenant.limitNanoUsd)
  expect(tenant.spentNanoUsd + tenant.presumedNanoUsd, 'what was billed is counted').toBeGreaterThanOrEqual(
    service.billNanoUsd,
  )
  for (const each of budgets) {
    expect(each.spentNanoUsd + each.presumedNanoUsd, 'no budget is exceeded').toBeLessThanOrEqual(each.limitNanoUsd)
    expect(each.reservedNanoUsd, 'nothing is held for ever').toBe(0n)
    expect(each.isClosed, 'no call cost more than its bound').toBe(false)
  }
  for (const { watch } of accounts) {
    expect(watch.failures).toEqual([])
    expect(watch.refusals.map(({ code }) => code)).toEqual(watch.refusals.map(() => 'budget_reached'))
    expect(watch.ended.length).toBe(watch.settled.length)
  }
}

test.each(seeds(40))('in memory, seed %d', async (caseSeed) => holds(openMemoryStorage(), caseSeed))

test.each(seeds(12))('in SQLite, seed %d', async (caseSeed) => {
  const storage = await openSqliteStorage({ dataDirectory: scratchFolder() })
  try {
    await holds(storage, caseSeed)
  } finally {
    await storage.close()
  }
})
