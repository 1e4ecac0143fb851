import { expect, it } from 'vitest'
import { noCallUsage } from '../domain/call-usage.ts'
import type { CostDimension } from '../domain/cost-row.ts'
import type { CostQuery, Ledger } from '../ports/ledger.ts'
import { codeOf, withStorage, type StorageUnderTest } from './contract-samples.ts'
import { sampleAccount, sampleCall } from './ledger-samples.ts'

/** What every ledger must tell of what calls cost. */
export function costsContract(backend: StorageUnderTest): void {
  it(
    'adds up everything that a call used',
    withStorage(backend, async ({ ledger }) => {
      const usage = {
        ...noCallUsage,
        inputTokens: 1,
        outputTokens: 2,
        cacheReadInputTokens: 3,
        cacheWrite5mInputTokens: 4,
        cacheWrite1hInputTokens: 5,
        webSearchRequests: 6,
      }
      const account = sampleAccount()
      await ledger.settle(sampleCall(account, { usage, presumedNanoUsd: 7n }))
      await ledger.settle(sampleCall(account, { usage, costNanoUsd: 0n, listCostNanoUsd: 0n, certainty: 'unpriced' }))
      expect(await ledger.costs()).toEqual([
        {
          group: {},
          calls: 2,
          inputTokens: 2,
          outputTokens: 4,
          cacheReadInputTokens: 6,
          cacheWrite5mInputTokens: 8,
          cacheWrite1hInputTokens: 10,
          webSearchRequests: 12,
          costNanoUsd: 10n,
          listCostNanoUsd: 12n,
          presumedNanoUsd: 7n,
          unpricedCalls: 1,
        },
      ])
    }),
  )

  it(
    'groups by any dimensions, in their order, a call under each of its tags',
    withStorage(backend, async ({ ledger }) => {
      const { ada, eve } = await enterSamples(ledger)
      const grouped = (...groupBy: CostDimension[]) => groupsOf(ledger, { groupBy })
      expect(await grouped('user')).toEqual([
        ['', 1],
        ['ada', 2],
        ['eve', 1],
      ])
      expect(await grouped('model', 'kind')).toEqual([
        ['claude-haiku-4-5 side', 1],
        ['claude-sonnet-4-5 compaction', 1],
        ['claude-sonnet-4-5 turn', 2],
      ])
      expect(await grouped('tag')).toEqual([
        ['', 2],
        ['blue', 2],
        ['red', 1],
      ])
      expect(await grouped('thread', 'upstream')).toEqual([
        [' script', 3],
        ['helper anthropic', 1],
      ])
      expect(await grouped('session')).toHaveLength(3)
      expect((await grouped('run', 'session')).find(([name]) => name === `${ada.runId} ${ada.sessionId}`)).toBeDefined()
      expect(await groupsOf(ledger, { groupBy: ['tag'], userId: 'ada' })).toEqual([
        ['blue', 2],
        ['red', 1],
      ])
      expect(await groupsOf(ledger, { groupBy: ['user'], tag: 'blue' })).toEqual([['ada', 2]])
      expect(await groupsOf(ledger, { groupBy: ['user'], model: 'claude-haiku-4-5' })).toEqual([['eve', 1]])
      expect(await groupsOf(ledger, { groupBy: ['user'], runId: eve.runId })).toEqual([['eve', 1]])
      expect(await groupsOf(ledger, { groupBy: ['user'], sessionId: ada.sessionId })).toEqual([['ada', 2]])
      expect(await ledger.costs({ tag: 'green' })).toEqual([])
    }),
  )

  it(
    'tells minutes, hours, days and months in UTC, and what lies between two moments',
    withStorage(backend, async ({ ledger }) => {
      const before = new Date()
      await enterSamples(ledger)
      const after = new Date(Date.now() + 1)
      for (const [time, length] of [
        ['minute', 16],
        ['hour', 13],
        ['day', 10],
        ['month', 7],
      ] as const) {
        const groups = await groupsOf(ledger, { groupBy: [time] })
        const labels = [before, after].map((moment) => moment.toISOString().slice(0, length))
        expect(groups.filter(([label]) => !labels.includes(label))).toEqual([])
        expect(groups.reduce((sum, [, calls]) => sum + calls, 0)).toBe(4)
      }
      expect(await ledger.costs({ from: before, to: after })).toMatchObject([{ calls: 4 }])
      expect(await ledger.costs({ to: before })).toEqual([])
      expect(await ledger.costs({ from: after })).toEqual([])
      for (const query of [{ groupBy: ['day', 'hour'] }, { groupBy: ['mood'] }, { from: new Date(Number.NaN) }]) {
        expect(await codeOf(ledger.costs(query as CostQuery))).toBe('invalid_request')
      }
    }),
  )
}

async function enterSamples(ledger: Ledger) {
  const [ada, eve] = [sampleAccount(), sampleAccount({ userId: 'eve' })]
  await ledger.settle(sampleCall(ada, { tags: ['red', 'blue', 'red'] }))
  await ledger.settle(sampleCall(ada, { tags: ['blue'], thread: 'helper', upstream: 'anthropic' }))
  await ledger.settle(sampleCall(eve, { model: 'claude-haiku-4-5', kind: 'side' }))
  await ledger.settle(sampleCall(sampleAccount({ userId: null }), { kind: 'compaction' }))
  return { ada, eve }
}

/** The values of each group in a line, null as nothing, and its number of calls. */
async function groupsOf(ledger: Ledger, query: CostQuery): Promise<[string, number][]> {
  const rows = await ledger.costs(query)
  return rows.map(({ group, calls }) => [query.groupBy!.map((dimension) => group[dimension] ?? '').join(' '), calls])
}
