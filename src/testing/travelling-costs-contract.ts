import { expect, it } from 'vitest'
import type { SessionId } from '../domain/ids.ts'
import type { Ledger, LedgerEntry } from '../ports/ledger.ts'
import { foreignScopes, withStorage, type StorageUnderTest } from './contract-samples.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from './ledger-samples.ts'

/** What ledgers must keep of amounts that travel from one to another. */
export function travellingCostsContract(backend: StorageUnderTest): void {
  it(
    'hands over all that counts for a session, and another ledger counts it once',
    withStorage(backend, async ({ ledger }, storage) => {
      const account = sampleAccount()
      const fork = sampleAccount({ forkedFrom: [account.sessionId], userId: null })
      await ledger.settle(sampleCall(account, { tags: ['b', 'a', 'b'], thread: 'agent-1', presumedNanoUsd: 3n }))
      await ledger.settle(sampleCall(account, { kind: 'side', firstTokenMs: null, certainty: 'unpriced' }))
      await ledger.settle(sampleCall(fork))
      await ledger.settle(sampleCall(sampleAccount()))
      const entries = await allEntries(ledger, account.sessionId)
      expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).toSorted())
      expect(entries).toHaveLength(3)
      expect(entries.find(({ call }) => call?.thread === 'agent-1')).toMatchObject({
        account,
        costNanoUsd: 10n,
        presumedNanoUsd: 3n,
        call: { tags: ['a', 'b'], usage: { inputTokens: 3 }, listCostNanoUsd: 12n },
      })

      const other = storage.workspace(foreignScopes[0]!).ledger
      expect(await allEntries(other, account.sessionId)).toEqual([])
      const limit = sampleLimit({ scope: 'session', id: account.sessionId })
      await other.setBudget(limit)
      await other.adopt(entries)
      await other.adopt(entries.slice(1))
      expect(await amountsOf(other, { scope: 'session' })).toEqual([30n, 3n, 0n])
      expect(await allEntries(other, account.sessionId)).toEqual(entries)
      // Also a budget that is set afterwards knows of them.
      expect(await other.setBudget(sampleLimit({ scope: 'user', id: 'ada' }))).toMatchObject({ spentNanoUsd: 20n })
      expect(await other.setBudget(sampleLimit({ scope: 'session', id: fork.sessionId }))).toMatchObject({
        spentNanoUsd: 10n,
      })
      const query = { sessionId: account.sessionId, groupBy: ['kind', 'tag'] } as const
      expect(await other.costs(query)).toEqual(await ledger.costs(query))
    }),
  )

  it(
    'knows the messages that it took over',
    withStorage(backend, async ({ ledger }, storage) => {
      const account = sampleAccount()
      const call = sampleCall(account)
      await ledger.settle(call)
      const other = storage.workspace(foreignScopes[1]!).ledger
      await other.adopt(await allEntries(ledger, account.sessionId))
      expect(await other.settle({ ...call, id: 'call_again' })).toMatchObject({ isDuplicate: true })
      expect(await other.costs()).toMatchObject([{ costNanoUsd: 10n, calls: 2 }])
    }),
  )

  it(
    'presumes what is held for a session that nobody drives any more',
    withStorage(backend, async ({ ledger }) => {
      const [account, other] = [sampleAccount(), sampleAccount()]
      await ledger.setBudget(sampleLimit())
      const request = sampleRequest(account)
      await ledger.reserve(request)
      await ledger.reserve(sampleRequest(other))
      await ledger.giveUpReservations(account.sessionId)
      await ledger.giveUpReservations(account.sessionId)
      expect(await amountsOf(ledger)).toEqual([0n, 40n, 40n])
      const [presumed] = await allEntries(ledger, account.sessionId)
      expect(presumed).toMatchObject({ call: null, presumedNanoUsd: 40n, account })
      // Whoever hears of the call after all puts it right.
      await ledger.settle(sampleCall(account, { reservationId: request.reservationId }))
      expect(await amountsOf(ledger)).toEqual([10n, 0n, 40n])
      expect(await allEntries(ledger, account.sessionId)).toHaveLength(3)
    }),
  )

  it(
    'crosses no threshold anew by what it takes over',
    withStorage(backend, async ({ ledger }, storage) => {
      const account = sampleAccount()
      await ledger.settle(sampleCall(account, { costNanoUsd: 60n }))
      const other = storage.workspace(foreignScopes[0]!).ledger
      await other.setBudget(sampleLimit({ scope: 'session', id: account.sessionId, thresholds: [0.5, 0.65] }))
      await other.adopt(await allEntries(ledger, account.sessionId))
      const { crossed } = await other.settle(sampleCall(account))
      expect(crossed.map(({ threshold }) => threshold)).toEqual([0.65])
    }),
  )
}

/** In pages of two, so that pages are seen to join. */
async function allEntries(ledger: Ledger, sessionId: SessionId): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = []
  for (;;) {
    const after = all.at(-1)?.id
    const page = await ledger.entries(sessionId, { ...(after === undefined ? {} : { after }), limit: 2 })
    if (page.length === 0) return all
    all.push(...page)
  }
}
