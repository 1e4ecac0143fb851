import { describe, expect, it } from 'vitest'
import { newSessionId } from '../domain/ids.ts'
import { codeOf, newSession, scopeA, withStorage, type StorageUnderTest } from './contract-samples.ts'
import { costsContract } from './costs-contract.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from './ledger-samples.ts'
import { ledgerTenantContract } from './ledger-tenant-contract.ts'
import { reservationContract } from './reservation-contract.ts'
import { travellingCostsContract } from './travelling-costs-contract.ts'

/** What every ledger must keep. */
export function ledgerContract(backend: StorageUnderTest): void {
  describe('ledger: budgets', () => budgetContract(backend))
  describe('ledger: settling', () => settlingContract(backend))
  describe('ledger: reservations', () => reservationContract(backend))
  describe('ledger: costs', () => costsContract(backend))
  describe('ledger: travelling', () => travellingCostsContract(backend))
  describe('ledger: tenants', () => ledgerTenantContract(backend))
}

function budgetContract(backend: StorageUnderTest): void {
  it(
    'counts a call in every budget above it and in no other',
    withStorage(backend, async ({ ledger }, storage) => {
      const [grandparent, parent] = [newSessionId(), newSessionId()]
      const account = sampleAccount({ forkedFrom: [parent, grandparent] })
      const { runId, sessionId } = account
      const holding = [
        sampleLimit({ scope: 'run', id: runId }),
        sampleLimit({ scope: 'session', id: sessionId }),
        sampleLimit({ scope: 'session', id: parent, mode: 'soft' }),
        sampleLimit({ scope: 'session', id: grandparent, window: 'month' }),
        sampleLimit({ scope: 'user', id: 'ada', window: 'day' }),
        sampleLimit({ window: 'day', mode: 'soft' }),
        sampleLimit({ window: 'month' }),
        sampleLimit(),
      ]
      const others = [
        sampleLimit({ scope: 'run', id: sampleAccount().runId }),
        sampleLimit({ scope: 'session', id: newSessionId() }),
        sampleLimit({ scope: 'user', id: 'eve' }),
        // A user may be called like the workspace.
        sampleLimit({ scope: 'user', id: scopeA.workspaceId }),
      ]
      for (const limit of [...holding, ...others]) await ledger.setBudget(limit)
      const shared = { scope: 'organization', id: scopeA.organizationId } as const
      await storage.organization(scopeA.organizationId).setBudget(sampleLimit(shared))

      const settled = await ledger.settle(sampleCall(account))
      const names = (budgets: readonly { scope: string; id: string; window: string }[]) =>
        budgets.map(({ scope, id, window }) => `${scope} ${id} ${window}`).toSorted()
      expect(names(settled.budgets)).toEqual(names([...holding, { ...shared, window: 'total' }]))
      expect(new Set(settled.budgets.map((budget) => budget.spentNanoUsd))).toEqual(new Set([10n]))
      expect(names(await ledger.budgets(account))).toEqual(names(settled.budgets))
      const all = await ledger.budgets()
      expect(all).toHaveLength(holding.length + others.length + 1)
      expect(
        all
          .filter(({ spentNanoUsd }) => spentNanoUsd === 0n)
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(others.map(({ id }) => id).toSorted())
    }),
  )

  it(
    'counts what was spent before the budget was set, in its window and scope, forks included',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      const fork = sampleAccount({ forkedFrom: [account.sessionId], userId: null })
      await ledger.settle(sampleCall(account, { presumedNanoUsd: 3n }))
      await ledger.settle(sampleCall(fork))
      await ledger.settle(sampleCall(sampleAccount({ userId: 'eve' })))
      const set = async (change: object) => {
        const { spentNanoUsd, presumedNanoUsd } = await ledger.setBudget(sampleLimit(change))
        return [spentNanoUsd, presumedNanoUsd]
      }
      expect(await set({})).toEqual([30n, 3n])
      expect(await set({ window: 'day', mode: 'soft' })).toEqual([30n, 3n])
      expect(await set({ scope: 'session', id: account.sessionId })).toEqual([20n, 3n])
      expect(await set({ scope: 'session', id: fork.sessionId, window: 'month' })).toEqual([10n, 0n])
      expect(await set({ scope: 'run', id: account.runId })).toEqual([10n, 3n])
      expect(await set({ scope: 'user', id: 'eve' })).toEqual([10n, 0n])
      expect(await set({ scope: 'user', id: 'nobody' })).toEqual([0n, 0n])
    }),
  )

  it(
    'sets a limit anew without forgetting what counts in it, and opens it',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit())
      const request = sampleRequest(account)
      await ledger.reserve(request)
      await ledger.settle(sampleCall(account))
      const raised = sampleLimit({ limitNanoUsd: 500n, thresholds: [0.9] })
      const state = { spentNanoUsd: 10n, presumedNanoUsd: 0n, reservedNanoUsd: 40n, isClosed: false }
      expect(await ledger.setBudget(raised)).toEqual({ ...raised, ...state })
      expect(await ledger.budgets()).toEqual([{ ...raised, ...state }])
      // A soft budget holds nothing; hard again, it holds what is under way.
      expect(await ledger.setBudget({ ...raised, mode: 'soft' })).toMatchObject({ reservedNanoUsd: 0n })
      expect(await ledger.setBudget(raised)).toMatchObject({ reservedNanoUsd: 40n, spentNanoUsd: 10n })
      await ledger.removeBudget(raised)
      expect(await ledger.budgets()).toEqual([])
      expect(await ledger.setBudget(sampleLimit({ window: 'day' }))).toMatchObject(state)
      await ledger.settle(sampleCall(account, { reservationId: request.reservationId }))
      expect(await amountsOf(ledger)).toEqual([20n, 0n, 0n])
    }),
  )

  it(
    'refuses what is no budget, and says what would be one',
    withStorage(backend, async ({ ledger }) => {
      const bad = [
        { limitNanoUsd: -1n },
        { limitNanoUsd: 10n ** 19n },
        { thresholds: [0.5, 1.5] },
        { thresholds: [-0.1] },
        { thresholds: [Number.NaN] },
        { scope: 'team' as never },
        { window: 'week' as never },
        { mode: 'firm' as never },
        { scope: 'user' as const, id: '' },
      ]
      for (const change of bad) {
        await expect(ledger.setBudget(sampleLimit(change))).rejects.toMatchObject({
          code: 'invalid_request',
          hint: expect.stringMatching(/^(Give|Use|Set) /),
        })
      }
      const request = sampleRequest(sampleAccount(), { wantedNanoUsd: -1n })
      expect(await codeOf(ledger.reserve(request))).toBe('invalid_request')
      expect(await codeOf(ledger.settle(sampleCall(sampleAccount(), { costNanoUsd: -1n })))).toBe('invalid_request')
      expect(await ledger.budgets()).toEqual([])
      expect(await ledger.costs()).toEqual([])
    }),
  )
}

function settlingContract(backend: StorageUnderTest): void {
  it(
    'counts a call once, however often it is entered',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit({ thresholds: [0.05] }))
      const request = sampleRequest(account)
      await ledger.reserve(request)
      const call = sampleCall(account, { reservationId: request.reservationId })
      const [first, second] = await Promise.all([ledger.settle(call), ledger.settle(call)])
      expect(first.crossed.map(({ threshold }) => threshold)).toEqual([0.05])
      expect(second).toEqual({ ...first, crossed: [] })
      expect(await amountsOf(ledger)).toEqual([10n, 0n, 0n])
      expect(await ledger.costs()).toMatchObject([{ calls: 1, costNanoUsd: 10n }])
    }),
  )

  it(
    'enters a message that the session has already without its cost, and presumes that where a hard budget holds',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      const again = () => ledger.settle(sampleCall(account, { messageId: 'msg_1' }))
      expect(await again()).toMatchObject({ isDuplicate: false })
      expect(await again()).toMatchObject({ isDuplicate: true })
      await ledger.setBudget(sampleLimit())
      expect(await amountsOf(ledger)).toEqual([10n, 0n, 0n])
      expect(await again()).toMatchObject({ isDuplicate: true, isOverrun: false })
      expect(await amountsOf(ledger)).toEqual([10n, 10n, 0n])
      // Another session may have heard it as well: it is another call.
      expect(await ledger.settle(sampleCall(sampleAccount(), { messageId: 'msg_1' }))).toMatchObject({
        isDuplicate: false,
      })
      const costs = { calls: 4, costNanoUsd: 20n, listCostNanoUsd: 24n, presumedNanoUsd: 10n, inputTokens: 6 }
      expect(await ledger.costs()).toMatchObject([costs])
    }),
  )

  it(
    'says each threshold once, in hard and soft budgets, the limit included',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit({ limitNanoUsd: 30n, thresholds: [0.5, 0.3] }))
      await ledger.setBudget(
        sampleLimit({ scope: 'user', id: 'ada', limitNanoUsd: 20n, mode: 'soft', thresholds: [1] }),
      )
      const spend = async () => {
        const { crossed } = await ledger.settle(sampleCall(account))
        return crossed.map(({ budget, threshold }) => `${budget.scope} ${threshold}`)
      }
      expect(await spend()).toEqual(['workspace 0.3'])
      expect((await spend()).toSorted()).toEqual(['user 1', 'workspace 0.5'])
      expect(await spend()).toEqual(['workspace 1'])
      expect(await spend()).toEqual([])
      // What was crossed before a budget was set is no news.
      await ledger.setBudget(sampleLimit({ window: 'day', limitNanoUsd: 100n, thresholds: [0.4, 0.5] }))
      expect(await spend()).toEqual(['workspace 0.5'])
    }),
  )

  it(
    'closes the hard budgets of a call that cost more than was reserved, until they are set anew',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      const limits = [sampleLimit(), sampleLimit({ window: 'day', mode: 'soft' })]
      for (const limit of limits) await ledger.setBudget(limit)
      const request = sampleRequest(account)
      await ledger.reserve(request)
      const { reservationId } = request
      const settled = await ledger.settle(sampleCall(account, { reservationId, costNanoUsd: 41n }))
      expect(settled.isOverrun).toBe(true)
      const states = settled.budgets.map(({ mode, isClosed }) => `${mode} ${isClosed}`)
      expect(states.toSorted()).toEqual(['hard true', 'soft false'])
      expect(await ledger.reserve(sampleRequest(account, { wantedNanoUsd: 1n }))).toMatchObject({
        status: 'refused',
        budget: { isClosed: true, spentNanoUsd: 41n },
      })
      await ledger.setBudget(sampleLimit())
      expect(await ledger.reserve(sampleRequest(account))).toMatchObject({ status: 'reserved' })
    }),
  )

  it(
    'is exact beyond what a number can hold, and outlives the session',
    withStorage(backend, async (stores) => {
      const sessionId = await newSession(stores)
      const account = sampleAccount({ sessionId })
      const large = 10n ** 18n - 1n
      const { ledger } = stores
      await ledger.setBudget(sampleLimit({ scope: 'session', id: sessionId, limitNanoUsd: 10n ** 18n }))
      for (let index = 0; index < 3; index++) {
        await ledger.settle(sampleCall(account, { costNanoUsd: large, listCostNanoUsd: large }))
      }
      await stores.sessions.delete(sessionId)
      expect(await amountsOf(ledger)).toEqual([3n * large, 0n, 0n])
      expect(await ledger.costs({ sessionId })).toMatchObject([
        { costNanoUsd: 3n * large, listCostNanoUsd: 3n * large },
      ])
      await ledger.removeBudget(sampleLimit({ scope: 'session', id: sessionId }))
      expect(await ledger.setBudget(sampleLimit())).toMatchObject({ spentNanoUsd: 3n * large })
    }),
  )
}
