import { expect, test } from 'vitest'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { scratchFolder } from '../support/scratch.ts'
import { BillingService } from './billing/billing-service.ts'
import { hardBudget, proveFleet } from './billing/fleet.ts'
import { seededRandom } from './billing/random.ts'
import { testAccount, testScope } from './billing/run-account.ts'
import { talk } from './billing/scripted-run.ts'

const seed = Number(process.env['PERDURE_SEED'] ?? 20_261_121)
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => seed + index)

test.each(seeds(40))('a fleet exceeds no budget, in memory, seed %d', async (caseSeed) =>
  proveFleet(openMemoryStorage().workspace(testScope).ledger, caseSeed),
)

test.each(seeds(12))('a fleet exceeds no budget, in SQLite, seed %d', async (caseSeed) => {
  const storage = await openSqliteStorage({ dataDirectory: scratchFolder() })
  try {
    await proveFleet(storage.workspace(testScope).ledger, caseSeed)
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
    await ledger.setBudget(hardBudget({ scope: 'workspace', id: testScope.workspaceId }, 0.03 + random() * 0.05))
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
