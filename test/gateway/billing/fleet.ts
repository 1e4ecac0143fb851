import assert from 'node:assert/strict'
import type { BudgetLimit, BudgetState } from '../../../src/domain/budget.ts'
import { newSessionId } from '../../../src/domain/ids.ts'
import { nanoUsdFromUsd } from '../../../src/domain/money.ts'
import { createModelGateway } from '../../../src/gateway/create-model-gateway.ts'
import { guardedUpstream } from '../../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { Ledger } from '../../../src/ports/ledger.ts'
import { BillingService } from './billing-service.ts'
import { planService, planTalk, quickRetry } from './plan-fleet.ts'
import { seededRandom, wholeBetween } from './random.ts'
import { testAccount, testScope, type AccountWatch } from './run-account.ts'
import { talk } from './scripted-run.ts'

export const hardBudget = (key: Pick<BudgetLimit, 'scope' | 'id'>, usd: number): BudgetLimit => ({
  ...key,
  window: 'total',
  limitNanoUsd: nanoUsdFromUsd(usd),
  mode: 'hard',
  thresholds: [0.5],
})

/**
 * Several runs, some of one session or its forks, some with sub-agents, on a tenant's budget and a session's own.
 * @throws when the service's bill, or what counts, is above a limit, or something is held when all is over.
 */
export async function proveFleet(ledger: Ledger, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const service = new BillingService(planService(random))
  const upstream = createAnthropicUpstream({ credentials: { apiKey: 'key' }, baseUrl: await service.start() })
  guardedUpstream(upstream, { circuit: { failuresToOpen: 1_000 } })
  const gateway = createModelGateway({ defaultUpstream: upstream })
  const parent = newSessionId()
  await ledger.setBudget(hardBudget({ scope: 'workspace', id: testScope.workspaceId }, 0.02 + random() * 0.4))
  await ledger.setBudget(hardBudget({ scope: 'session', id: parent }, 0.01 + random() * 0.1))
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
      const run = await gateway.openRun({ runId, observe: () => {}, account: () => account, retry: quickRetry })
      await Promise.all([talk(run, plan), ...(random() < 0.3 ? [talk(run, plan, 'sub-agent')] : [])])
      await run.close()
    }),
  )
  assertBudgetsHold(await ledger.budgets(), service)
  for (const { watch } of accounts) assertSaid(watch)
  await gateway.close()
  await service.close()
}

export function assertBudgetsHold(budgets: readonly BudgetState[], { billNanoUsd }: BillingService): void {
  for (const budget of budgets) {
    assert.ok(counted(budget) <= budget.limitNanoUsd, `exceeded: ${words(budget)}`)
    assert.equal(budget.reservedNanoUsd, 0n, `something is held: ${words(budget)}`)
    assert.equal(budget.isClosed, false, `a call cost more than its bound: ${words(budget)}`)
  }
  const tenant = budgets.find(({ scope }) => scope === 'workspace')!
  assert.ok(billNanoUsd <= tenant.limitNanoUsd, `${billNanoUsd} was billed: ${words(tenant)}`)
  assert.ok(counted(tenant) >= billNanoUsd, `${billNanoUsd} was billed, and less counts: ${words(tenant)}`)
}

function assertSaid({ ended, settled, refusals, failures }: AccountWatch): void {
  assert.deepEqual(failures, [])
  assert.equal(settled.length, ended.length, 'not all that ended was entered')
  for (const { code } of refusals) assert.equal(code, 'budget_reached')
}

const counted = ({ spentNanoUsd, presumedNanoUsd }: BudgetState): bigint => spentNanoUsd + presumedNanoUsd

const words = ({ scope, limitNanoUsd, spentNanoUsd, presumedNanoUsd, reservedNanoUsd }: BudgetState): string =>
  `${scope}: ${spentNanoUsd} spent, ${presumedNanoUsd} presumed, ${reservedNanoUsd} reserved of ${limitNanoUsd}`
