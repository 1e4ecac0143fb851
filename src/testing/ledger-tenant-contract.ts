import { expect, it } from 'vitest'
import { codeOf, foreignScopes, scopeA, withStorage, type StorageUnderTest } from './contract-samples.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from './ledger-samples.ts'

/** What tenants of a ledger see of each other, and what their operator sees of all. */
export function ledgerTenantContract(backend: StorageUnderTest): void {
  it(
    'is closed to other workspaces in every method',
    withStorage(backend, async ({ ledger }, storage) => {
      const account = sampleAccount()
      const limits = [sampleLimit(), sampleLimit({ scope: 'session', id: account.sessionId })]
      for (const limit of limits) await ledger.setBudget(limit)
      const request = sampleRequest(account)
      await ledger.reserve(request)
      const call = sampleCall(account, { tags: ['secret'] })
      await ledger.settle(call)
      for (const scope of foreignScopes) {
        const other = storage.workspace(scope).ledger
        expect([await other.budgets(), await other.budgets(account), await other.costs()]).toEqual([[], [], []])
        expect(await other.costs({ tag: 'secret', sessionId: account.sessionId, groupBy: ['tag'] })).toEqual([])
        await other.release(request.reservationId)
        await other.keepReserved([request.reservationId], { ttlMs: 0 })
        await other.removeBudget(limits[1]!)
        expect(await other.reserve(request)).toEqual({ status: 'unlimited' })
        // The same ids mean other things there.
        const settled = await other.settle({ ...call, reservationId: request.reservationId })
        expect(settled).toEqual({ isDuplicate: false, isOverrun: false, budgets: [], crossed: [] })
        expect(await other.setBudget(limits[1]!)).toMatchObject({ spentNanoUsd: 10n, reservedNanoUsd: 0n })
        if (scope.workspaceId !== scopeA.workspaceId) {
          expect(await codeOf(other.setBudget(limits[0]!))).toBe('permission_denied')
        }
      }
      for (const scope of ['workspace', 'session'] as const) {
        expect(await amountsOf(ledger, { scope })).toEqual([10n, 0n, 40n])
      }
    }),
  )

  it(
    'lets a workspace see the budget of its organization, not change it, and no other may read beyond its own',
    withStorage(backend, async ({ ledger }, storage) => {
      const { organizationId } = scopeA
      const limit = sampleLimit({ scope: 'organization', id: organizationId })
      const operator = storage.organization(organizationId)
      expect(await codeOf(ledger.setBudget(limit))).toBe('permission_denied')
      expect(await codeOf(ledger.removeBudget(limit))).toBe('permission_denied')
      expect(await codeOf(operator.setBudget(sampleLimit()))).toBe('invalid_request')
      expect(await codeOf(operator.setBudget({ ...limit, id: 'other' }))).toBe('permission_denied')
      await operator.setBudget(limit)

      const neighbour = storage.workspace(foreignScopes[0]!).ledger
      await ledger.settle(sampleCall(sampleAccount()))
      const asked = await neighbour.reserve(sampleRequest(sampleAccount(), { wantedNanoUsd: 80n }))
      expect(asked).toEqual({ status: 'reserved', grantedNanoUsd: 80n })
      expect(await ledger.reserve(sampleRequest(sampleAccount()))).toMatchObject({ status: 'busy', budget: limit })
      const seen = { ...limit, spentNanoUsd: 10n, presumedNanoUsd: 0n, reservedNanoUsd: 80n, isClosed: false }
      expect(await ledger.budgets()).toEqual([seen])
      expect(await operator.budgets()).toEqual([seen])
      expect(await storage.organization('other').budgets()).toEqual([])
      expect(await storage.workspace(foreignScopes[1]!).ledger.budgets()).toEqual([])

      await neighbour.settle(sampleCall(sampleAccount()))
      const costs = await operator.costs({ groupBy: ['workspace'] })
      expect(costs.map(({ group, costNanoUsd }) => [group, costNanoUsd])).toEqual([
        [{ workspace: 'a' }, 10n],
        [{ workspace: 'b' }, 10n],
      ])
      expect(await operator.costs({ workspaceId: 'b' })).toMatchObject([{ calls: 1, costNanoUsd: 10n }])
      expect(await storage.organization('other').costs()).toEqual([])
      expect(await ledger.costs()).toMatchObject([{ calls: 1 }])
      await operator.removeBudget(limit)
      expect(await ledger.budgets()).toEqual([])
    }),
  )
}
