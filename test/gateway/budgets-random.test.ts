import { expect, test } from 'vitest'
import type { BudgetLimit } from '../../src/domain/budget.ts'
import { newSessionId } from '../../src/domain/ids.ts'
import { nanoUsdFromUsd } from '../../src/domain/money.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { guardedUpstream } from '../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { scratchFolder } from '../support/scratch.ts'
import { BillingService } from './billing/billing-service.ts'
import { planService, planTalk, quickRetry as retry } from './billing/plan-fleet.ts'
import { seededRandom, wholeBetween } from './billing/random.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { talk } from './billing/scripted-run.ts'

const seed = Number(process.env['PERDURE_SEED'] ?? 20_261_121)
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => seed + index)

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
  const service = new BillingService(planService(random))
  const upstream = createAnthropicUpstream({ credentials: { apiKey: 'key' }, baseUrl: await service.start() })
  guardedUpstream(upstream, { circuit: { failuresToOpen: 1_000 } })
  const gateway = createModelGateway({ defaultUpstream: upstream })
  const { ledger } = storage.workspace(testScope)
  const parent = newSessionId()
  await ledger.setBudget(budget({ scope: 'workspace', id: testScope.workspaceId }, 0.02 + random() * 0.4))
  await ledger.setBudget(budget({ scope: 'session', id: parent }, 0.01 + random() * 0.1))
  const plan = planTalk(random)
  const accounts = [
    testAccount({ ledger, sessionId: parent }),
    testAccount({ ledger, sessionId: newSessionId(), forkedFrom: [parent] }),
    testAccount({ ledger, sessionId: newSessionId() }),
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
  await service.close()
  return { service, budgets, accounts }
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

test.each([1, 2, 3, 4, 5])(
  'what a run leaves of its budget at the end is less than a call, seed %d',
  async (caseSeed) => {
    const random = seededRandom(caseSeed)
    const service = new BillingService({
      random,
      fateOf: () => 'answered',
      tokensPerByte: 0.3,
      outputTokens: [300, 800],
      pauseMs: 0,
      hasCache: false,
      countsTokens: true,
    })
    const upstream = createAnthropicUpstream({ credentials: { apiKey: 'key' }, baseUrl: await service.start() })
    const gateway = createModelGateway({ defaultUpstream: upstream })
    const { ledger } = openMemoryStorage().workspace(testScope)
    await ledger.setBudget(budget({ scope: 'workspace', id: testScope.workspaceId }, 0.03 + random() * 0.05))
    const { runId, account } = testAccount({ ledger })
    const run = await gateway.openRun({ runId, observe: () => {}, account: () => account })
    const talkPlan = { random, calls: 100, model: 'claude-haiku-4-5', maxTokens: 32_000, aborts: 0 }
    expect(await talk(run, { ...talkPlan, messageBytes: [500, 2_000] })).toMatchObject({ refusals: 1 })
    await gateway.close()
    await service.close()
    const [tenant] = await ledger.budgets()
    expect(tenant!.spentNanoUsd).toBe(service.billNanoUsd)
    expect(tenant!.limitNanoUsd - tenant!.spentNanoUsd).toBeLessThan(service.dearestNanoUsd)
  },
)
