import { expect, it } from 'vitest'
import { pause, sampleOwner, scopeA, withStorage, type StorageUnderTest } from './contract-samples.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from './ledger-samples.ts'

/** What every ledger must keep of amounts that are held for calls under way. */
export function reservationContract(backend: StorageUnderTest): void {
  grantingContract(backend)
  endingContract(backend)
  deathContract(backend)
}

function grantingContract(backend: StorageUnderTest): void {
  it(
    'holds in all hard budgets or in none, and not at all where only soft ones are',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      const soft = sampleLimit({ mode: 'soft', limitNanoUsd: 0n })
      await ledger.setBudget(soft)
      expect(await ledger.reserve(sampleRequest(account))).toEqual({ status: 'unlimited' })
      await ledger.setBudget(sampleLimit({ window: 'day' }))
      await ledger.setBudget(sampleLimit({ scope: 'user', id: 'ada', limitNanoUsd: 45n }))
      const request = sampleRequest(account)
      expect(await ledger.reserve(request)).toEqual({ status: 'reserved', grantedNanoUsd: 40n })
      expect(await ledger.reserve(sampleRequest(account))).toMatchObject({ status: 'busy', budget: { scope: 'user' } })
      const held = (await ledger.budgets()).map(
        ({ mode, window, reservedNanoUsd }) => `${mode} ${window} ${reservedNanoUsd}`,
      )
      expect(held.toSorted()).toEqual(['hard day 40', 'hard total 40', 'soft total 0'])
      // Asked again, nothing more is held.
      expect(await ledger.reserve(request)).toEqual({ status: 'reserved', grantedNanoUsd: 40n })
      expect(await amountsOf(ledger, { scope: 'user' })).toEqual([0n, 0n, 40n])
    }),
  )

  it(
    'lets a call wait for what others may give back, and otherwise gives what is left or refuses',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit())
      const first = sampleRequest(account, { wantedNanoUsd: 80n })
      expect(await ledger.reserve(first)).toMatchObject({ grantedNanoUsd: 80n })
      // 20 are left, but it might get its 40.
      const second = sampleRequest(account)
      expect(await ledger.reserve(second)).toMatchObject({ status: 'busy', budget: { reservedNanoUsd: 80n } })
      // Not even alone.
      expect(await ledger.reserve(sampleRequest(account, { wantedNanoUsd: 200n, minimumNanoUsd: 101n }))).toMatchObject(
        { status: 'refused' },
      )
      await ledger.settle(sampleCall(account, { reservationId: first.reservationId, costNanoUsd: 75n }))
      expect(await ledger.reserve(second)).toEqual({ status: 'reserved', grantedNanoUsd: 25n })
      await ledger.settle(sampleCall(account, { reservationId: second.reservationId, costNanoUsd: 20n }))
      expect(await ledger.reserve(sampleRequest(account))).toMatchObject({
        status: 'refused',
        budget: { spentNanoUsd: 95n, reservedNanoUsd: 0n },
      })
      const small = sampleRequest(account, { wantedNanoUsd: 5n, minimumNanoUsd: 1n })
      expect(await ledger.reserve(small)).toEqual({ status: 'reserved', grantedNanoUsd: 5n })
    }),
  )

  it(
    'never holds more than is left, whoever asks at once',
    withStorage(backend, async ({ ledger }) => {
      await ledger.setBudget(sampleLimit())
      const answers = await Promise.all(
        Array.from({ length: 16 }, () => ledger.reserve(sampleRequest(sampleAccount()))),
      )
      expect(answers.filter(({ status }) => status === 'reserved')).toHaveLength(2)
      expect(answers.filter(({ status }) => status === 'busy')).toHaveLength(14)
      expect(await amountsOf(ledger)).toEqual([0n, 0n, 80n])
    }),
  )
}

function endingContract(backend: StorageUnderTest): void {
  it(
    'gives back what was held for a call that was never made, once',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit())
      const [one, other] = [sampleRequest(account), sampleRequest(account)]
      await ledger.reserve(one)
      await ledger.reserve(other)
      await ledger.release(one.reservationId)
      await ledger.release(one.reservationId)
      await ledger.release('hold_unknown')
      expect(await amountsOf(ledger)).toEqual([0n, 0n, 40n])
    }),
  )

  it(
    'ends with the call, for what it cost and for what nobody knows of it',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit())
      const request = sampleRequest(account)
      await ledger.reserve(request)
      const { reservationId } = request
      const settled = await ledger.settle(sampleCall(account, { reservationId, presumedNanoUsd: 30n }))
      expect(settled.isOverrun).toBe(false)
      expect(await amountsOf(ledger)).toEqual([10n, 30n, 0n])
      // Nothing is held under it any more, so a further call has no right to spend.
      const further = sampleCall(account, { reservationId, costNanoUsd: 1n })
      expect(await ledger.settle(further)).toMatchObject({ isOverrun: true })
    }),
  )

  it(
    'holds on in budgets that are set while the call is under way',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount({ forkedFrom: [sampleAccount().sessionId] })
      await ledger.setBudget(sampleLimit())
      const request = sampleRequest(account)
      await ledger.reserve(request)
      const later = sampleLimit({ scope: 'session', id: account.forkedFrom[0]!, limitNanoUsd: 50n })
      expect(await ledger.setBudget(later)).toMatchObject({ reservedNanoUsd: 40n })
      const elsewhere = sampleLimit({ scope: 'session', id: sampleAccount().sessionId })
      expect(await ledger.setBudget(elsewhere)).toMatchObject({ reservedNanoUsd: 0n })
      expect(await ledger.reserve(sampleRequest(account))).toMatchObject({ status: 'busy', budget: later })
      await ledger.settle(sampleCall(account, { reservationId: request.reservationId }))
      expect(await amountsOf(ledger, later)).toEqual([10n, 0n, 0n])
    }),
  )
}

function deathContract(backend: StorageUnderTest): void {
  it(
    'are presumed to be spent when their time is over, and a late call sets that right',
    withStorage(backend, async ({ ledger }) => {
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit({ thresholds: [0.4, 0.5] }))
      const [kept, late, never] = [1000, 20, 20].map((ttlMs) => sampleRequest(account, { ttlMs, wantedNanoUsd: 25n }))
      for (const request of [kept, late, never]) await ledger.reserve(request!)
      await ledger.keepReserved([kept!.reservationId, 'hold_unknown'], { ttlMs: 60_000 })
      await pause(1100)
      await ledger.keepReserved([late!.reservationId, never!.reservationId], { ttlMs: 60_000 })
      expect(await amountsOf(ledger)).toEqual([0n, 50n, 25n])
      expect(await ledger.costs()).toMatchObject([{ calls: 0, costNanoUsd: 0n, presumedNanoUsd: 50n }])
      // Its answer stands, because the amount still counts.
      expect(await ledger.reserve(late!)).toEqual({ status: 'reserved', grantedNanoUsd: 25n })
      const call = sampleCall(account, { reservationId: late!.reservationId })
      const settled = await ledger.settle(call)
      expect(settled.isOverrun).toBe(false)
      expect(await ledger.settle(call)).toEqual({ ...settled, crossed: [] })
      expect(await amountsOf(ledger)).toEqual([10n, 25n, 25n])
      await ledger.release(never!.reservationId)
      await ledger.release(never!.reservationId)
      expect(await amountsOf(ledger)).toEqual([10n, 0n, 25n])
      expect(await ledger.costs({ groupBy: ['model'] })).toMatchObject([
        { group: { model: 'claude-sonnet-4-5' }, calls: 1, costNanoUsd: 10n, presumedNanoUsd: 0n },
      ])
      // A budget that is set now counts the same.
      expect(await ledger.setBudget(sampleLimit({ window: 'day' }))).toMatchObject({
        spentNanoUsd: 10n,
        presumedNanoUsd: 0n,
        reservedNanoUsd: 25n,
      })
    }),
  )

  it(
    'of a fork are presumed in the session that it comes from, also in a budget that is set later',
    withStorage(backend, async ({ ledger }) => {
      const origin = sampleAccount()
      const fork = sampleAccount({ forkedFrom: [origin.sessionId] })
      await ledger.setBudget(sampleLimit())
      await ledger.reserve(sampleRequest(fork, { ttlMs: 1 }))
      await pause(20)
      expect(await amountsOf(ledger)).toEqual([0n, 40n, 0n])
      const limit = sampleLimit({ scope: 'session', id: origin.sessionId })
      expect(await ledger.setBudget(limit)).toMatchObject({ presumedNanoUsd: 40n, reservedNanoUsd: 0n })
    }),
  )

  it(
    'belong to the account that reserved, whoever says that the call is over',
    withStorage(backend, async ({ ledger }) => {
      const [payer, other] = [sampleAccount(), sampleAccount()]
      for (const { sessionId: id } of [payer, other]) await ledger.setBudget(sampleLimit({ scope: 'session', id }))
      const request = sampleRequest(payer)
      await ledger.reserve(request)
      await ledger.settle(sampleCall(other, { reservationId: request.reservationId }))
      expect(await amountsOf(ledger, { id: payer.sessionId })).toEqual([10n, 0n, 0n])
      expect(await amountsOf(ledger, { id: other.sessionId })).toEqual([0n, 0n, 0n])
      expect(await ledger.costs({ sessionId: payer.sessionId })).toMatchObject([{ calls: 1, costNanoUsd: 10n }])
    }),
  )

  it(
    'of a workspace stand in the way of nobody in its organization when they are dead',
    withStorage(backend, async ({ ledger }, storage) => {
      const { organizationId } = scopeA
      const operator = storage.organization(organizationId)
      await operator.setBudget(sampleLimit({ scope: 'organization', id: organizationId }))
      const neighbour = storage.workspace({ organizationId, workspaceId: 'b' }).ledger
      await neighbour.reserve(sampleRequest(sampleAccount(), { wantedNanoUsd: 70n, ttlMs: 10 }))
      await pause(30)
      // Its worst case counts, and so only the rest is there.
      expect(await ledger.reserve(sampleRequest(sampleAccount()))).toEqual({ status: 'reserved', grantedNanoUsd: 30n })
      expect(await neighbour.costs()).toMatchObject([{ presumedNanoUsd: 70n }])
      expect(await ledger.costs()).toEqual([])
      expect(await operator.budgets()).toMatchObject([{ presumedNanoUsd: 70n, reservedNanoUsd: 30n }])
    }),
  )

  it('are presumed at once when their owner is gone, also while nobody reserves', async () => {
    const gone = new Set<number>()
    const storage = await backend.open({ isOwnerGone: (owner) => gone.has(owner.processId) })
    try {
      const { ledger } = storage.workspace(scopeA)
      const account = sampleAccount()
      await ledger.setBudget(sampleLimit())
      for (const id of [1, 2]) await ledger.reserve(sampleRequest(account, { owner: sampleOwner(id) }))
      gone.add(1)
      expect(await amountsOf(ledger)).toEqual([0n, 40n, 40n])
      gone.add(2)
      // Whoever meets them does it: 80 are presumed, and 20 are what can be had.
      expect(await ledger.reserve(sampleRequest(account, { owner: sampleOwner(3) }))).toEqual({
        status: 'reserved',
        grantedNanoUsd: 20n,
      })
      // Thresholds that a presumption crossed are said by the next call.
      await ledger.setBudget(sampleLimit({ thresholds: [0.9] }))
      gone.add(3)
      expect(await amountsOf(ledger)).toEqual([0n, 100n, 0n])
      const { crossed } = await ledger.settle(sampleCall(account, { costNanoUsd: 0n }))
      expect(crossed.map(({ threshold }) => threshold)).toEqual([0.9, 1])
    } finally {
      await storage.close()
    }
  })
}
