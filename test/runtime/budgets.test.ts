import { expect, test } from 'vitest'
import { noCallUsage } from '../../src/domain/call-usage.ts'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import type { LedgerCall } from '../../src/ports/ledger.ts'
import type { CostUpdate } from '../../src/runtime/metering/run-meter.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { scopeA } from '../../src/testing/contract-samples.ts'
import { sampleCall } from '../../src/testing/ledger-samples.ts'
import { fakeRun, says, type FakeAgent } from '../support/fake-run.ts'

let calls = 0

/** What the gateway does when a call of this agent ends. */
async function pay(agent: FakeAgent, change: Partial<LedgerCall> = {}): Promise<void> {
  const account = agent.account()
  const number = ++calls
  const call = sampleCall(account.callAccount, {
    id: `call_${number}`,
    messageId: `msg_${number}`,
    requestId: `req_${number}`,
    usage: { ...noCallUsage, inputTokens: 100, outputTokens: 10 },
    costNanoUsd: 400_000_000n,
    ...change,
  })
  account.onEnded(call, { byAgent: true })
  account.onSettled(call, await account.ledger.settle(call))
}

const refusal = () =>
  new PerdureError('budget_reached', 'The budget of the run is spent.', { details: { scope: 'run' } })
const agentsOwnError = new PerdureError('permission_denied', '403 from the gateway').toJSON()
const budget = (onExceeded: 'abort' | 'pause' | 'warn') => ({
  limitNanoUsd: 500_000_000n,
  onExceeded,
  thresholds: [0.5],
})

test('a run sets its budget before its first call, and its account names session, forks, user and tags', async () => {
  const { run, stores, sessionId } = fakeRun({
    request: { budget: budget('pause'), userId: 'ada' },
    onInput: async (self, input) => {
      expect(self.account()).toMatchObject({
        callAccount: { sessionId, forkedFrom: [], userId: 'ada' },
        organizationId: scopeA.organizationId,
        workspaceId: scopeA.workspaceId,
      })
      await pay(self)
      self.endTurn(input)
    },
  })
  await expect(run.run()).resolves.toMatchObject({ status: 'completed', costUsd: 0.4 })
  expect(await stores.ledger.budgets()).toMatchObject([
    { scope: 'run', mode: 'hard', limitNanoUsd: 500_000_000n, spentNanoUsd: 400_000_000n },
  ])
  expect((await stores.events.read(sessionId)).find(({ type }) => type === 'perdure.run_started')).toMatchObject({
    user_id: 'ada',
  })
})

test.each(['pause', 'abort'] as const)('%s: a refused call ends the run as budget_reached', async (onExceeded) => {
  const { run, stores, sessionId } = fakeRun({
    request: { budget: budget(onExceeded) },
    onInput: async (self, input) => {
      // The second message: this agent is busy and does not take it in.
      if (self.heard.length > 1) return
      await run.send(says('And then this.'))
      await pay(self)
      self.account().onRefused(refusal())
      self.endTurn(input, { isError: true, error: agentsOwnError })
    },
  })
  await expect(run.run()).resolves.toMatchObject({ status: 'budget_reached', error: { code: 'budget_reached' } })
  expect(await stores.inbox.list(sessionId)).toHaveLength(onExceeded === 'pause' ? 1 : 0)
  const events = await stores.events.read(sessionId)
  expect(events.filter(({ type }) => type === 'session.error')).toEqual([])
  expect(events.findLast(({ type }) => type === 'session.status_idle')).toMatchObject({
    stop_reason: { type: 'budget_reached' },
  })
  expect(events.at(-1)).toMatchObject({ type: 'perdure.run_ended', outcome: 'budget_reached' })
})

test('an answer that only the budget cut is never a finished one', async () => {
  const { run } = fakeRun({
    request: { budget: budget('pause') },
    onInput: (self, input) => {
      self.account().onRefused(refusal())
      self.endTurn(input, { text: 'Half of an ans' })
    },
  })
  await expect(run.run()).resolves.toMatchObject({ status: 'budget_reached' })
})

test('a session that a budget ended goes on without a new prompt, for the same user', async () => {
  const stores = openMemoryStorage().workspace(scopeA)
  const first = fakeRun({
    stores,
    request: { budget: budget('pause'), userId: 'ada' },
    onInput: (self, input) => {
      self.account().onRefused(refusal())
      self.endTurn(input, { isError: true, error: agentsOwnError })
    },
  })
  await first.run.run()
  const { sessionId } = first
  const second = fakeRun({ stores, sessionId, request: { prompt: null, inputs: null, budget: budget('pause') } })
  await expect(second.run.run()).resolves.toMatchObject({ status: 'completed' })
  expect(second.agent.heard[0]?.content).toEqual([{ type: 'text', text: 'Continue from where you left off.' }])
  expect(second.agent.account().callAccount.userId).toBe('ada')

  const third = fakeRun({ stores, sessionId, request: { prompt: null, inputs: null } })
  await expect(third.run.run()).rejects.toMatchObject({ code: 'invalid_request' })
})

test('warn: thresholds are events, costs are told as they come, and nothing is refused', async () => {
  const updates: CostUpdate[] = []
  const { run, stores, sessionId } = fakeRun({
    request: {
      budget: budget('warn'),
      watch: { onMetrics: null, onCostUpdate: (_costUsd, update) => void updates.push(update) },
    },
    onInput: async (self, input) => {
      await pay(self)
      await pay(self)
      self.endTurn(input)
    },
  })
  await expect(run.run()).resolves.toMatchObject({ status: 'completed', costUsd: 0.8 })
  const crossed = (await stores.events.read(sessionId)).filter(({ type }) => type === 'perdure.budget_threshold')
  expect(crossed).toMatchObject([
    { scope: 'run', mode: 'soft', threshold: 0.5, spent_nano_usd: '400000000', limit_nano_usd: '500000000' },
    { scope: 'run', mode: 'soft', threshold: 1, spent_nano_usd: '800000000' },
  ])
  expect(updates.map(({ costUsd }) => costUsd)).toEqual([0.4, 0.8])
  expect(updates[0]?.budgets).toMatchObject([{ scope: 'run', limitUsd: 0.5, spentUsd: 0.4 }])
})

test('what a cut turn cost counts at the end of the run, and the two counts are compared', async () => {
  const { run, stores, sessionId } = fakeRun({
    onInput: async (self, input) => {
      await pay(self)
      const turnOver = new Promise<void>((resolve) => {
        run.listen(({ type }) => type === 'perdure.turn_ended' && resolve())
      })
      self.endTurn(input, { costUsd: 0.3 })
      await turnOver
      await pay(self, { costNanoUsd: 5n })
    },
  })
  await expect(run.run()).resolves.toMatchObject({ costUsd: 0.400000005 })
  const events = await stores.events.read(sessionId)
  expect(events.find(({ type }) => type === 'perdure.turn_ended')).toMatchObject({
    cost_nano_usd: '400000000',
    cost_source: 'gateway',
  })
  expect(events.at(-1)).toMatchObject({ type: 'perdure.run_ended', unsettled_cost_nano_usd: '5' })
  expect(events.find(({ type }) => type === 'perdure.cost_difference')).toMatchObject({
    gateway: { cost_nano_usd: '400000005', input_tokens: 200 },
    agent: { cost_nano_usd: '300000000', input_tokens: 0 },
  })
})
