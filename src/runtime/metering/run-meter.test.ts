import { expect, test, vi } from 'vitest'
import type { BudgetState } from '../../domain/budget.ts'
import { noCallUsage } from '../../domain/call-usage.ts'
import type { LedgerCall, SettledCall } from '../../ports/ledger.ts'
import { sampleAccount, sampleCall } from '../../testing/ledger-samples.ts'
import { RunMeter, type CostUpdate } from './run-meter.ts'

const byAgent = { byAgent: true }
const account = sampleAccount()
const callOf = (change: Partial<LedgerCall> = {}): LedgerCall =>
  sampleCall(account, {
    id: 'call_1',
    model: 'claude-haiku-4-5',
    requestId: 'req_1',
    usage: {
      ...noCallUsage,
      inputTokens: 10,
      outputTokens: 5,
      cacheWrite5mInputTokens: 3,
      cacheWrite1hInputTokens: 4,
    },
    costNanoUsd: 1_000n,
    ...change,
  })
const budget: BudgetState = {
  scope: 'run',
  id: account.runId,
  window: 'total',
  limitNanoUsd: 5_000_000_000n,
  mode: 'soft',
  thresholds: [0.5],
  spentNanoUsd: 3_000_000_000n,
  presumedNanoUsd: 0n,
  reservedNanoUsd: 0n,
  isClosed: false,
}
const settled = (change: Partial<SettledCall> = {}): SettledCall => ({
  isDuplicate: false,
  isOverrun: false,
  budgets: [budget],
  crossed: [],
  ...change,
})

test('a turn costs what its calls cost; what comes after it belongs to the next one', () => {
  const meter = new RunMeter({ onCostUpdate: null, onThreshold: () => {} })
  expect(meter.takeTurn()).toBeNull()
  expect(meter.counted).toBeNull()
  meter.ended(callOf(), byAgent)
  meter.ended(callOf({ requestId: 'req_2', costNanoUsd: 500n }), byAgent)
  expect(meter.costOfRequest('req_2')).toBe(500n)
  expect(meter.costOfRequest('req_3')).toBeNull()
  expect(meter.takeTurn()).toBe(1_500n)
  meter.ended(callOf({ costNanoUsd: 7n }), byAgent)
  expect(meter.unsettledNanoUsd).toBe(7n)
  expect(meter.counted).toEqual({
    cost_nano_usd: '1507',
    input_tokens: 30,
    output_tokens: 15,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 21,
  })
})

test('a message that was paid for before costs nothing', () => {
  const meter = new RunMeter({ onCostUpdate: null, onThreshold: () => {} })
  meter.ended(callOf(), byAgent)
  meter.entered(callOf(), settled())
  meter.ended(callOf({ id: 'call_2' }), byAgent)
  meter.entered(callOf({ id: 'call_2' }), settled({ isDuplicate: true }))
  expect(meter.takeTurn()).toBe(1_000n)
})

test('a model without a price makes the gateway’s count incomplete', () => {
  const meter = new RunMeter({ onCostUpdate: null, onThreshold: () => {} })
  meter.ended(callOf({ certainty: 'unpriced', costNanoUsd: 0n }), byAgent)
  expect(meter.takeTurn()).toBeNull()
  expect(meter.counted).toBeNull()
})

test('whoever watches hears dollars, and thresholds; one that throws breaks nothing', () => {
  const updates: CostUpdate[] = []
  const onThreshold = vi.fn<(crossed: SettledCall['crossed'][number]) => void>()
  const meter = new RunMeter({
    onCostUpdate: (costUsd, update) => {
      expect(costUsd).toBe(update.costUsd)
      updates.push(update)
      if (updates.length === 2) throw new Error('not mine')
    },
    onThreshold,
  })
  const crossed = [{ budget, threshold: 0.5 }]
  for (const id of ['call_1', 'call_2', 'call_3']) {
    meter.ended(callOf({ id, presumedNanoUsd: 2n }), byAgent)
    meter.entered(callOf({ id }), settled({ crossed }))
  }
  expect(onThreshold).toHaveBeenCalledTimes(3)
  expect(updates[2]).toEqual({
    costUsd: 0.000003,
    presumedUsd: 0.000000006,
    call: {
      kind: 'turn',
      model: 'claude-haiku-4-5',
      thread: null,
      costUsd: 0.000001,
      inputTokens: 10,
      outputTokens: 5,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 7,
    },
    budgets: [
      {
        scope: 'run',
        id: account.runId,
        window: 'total',
        mode: 'soft',
        limitUsd: 5,
        spentUsd: 3,
        presumedUsd: 0,
        reservedUsd: 0,
      },
    ],
  })
})

test('what keeps the cache warm is paid for by the run, and is no call of the agent', () => {
  const meter = new RunMeter({ onCostUpdate: null, onThreshold: () => {} })
  meter.ended(callOf(), byAgent)
  meter.ended(callOf({ kind: 'side', costNanoUsd: 30n }), { byAgent: false })
  expect(meter.counted).toMatchObject({ cost_nano_usd: '1000', input_tokens: 10 })
  expect(meter.takeTurn()).toBe(1_030n)
})
