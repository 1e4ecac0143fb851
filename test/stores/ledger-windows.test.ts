import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Storage } from '../../src/ports/storage.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { openPostgresBackend } from '../../src/stores/postgres/postgres-backend.ts'
import { postgresSettings } from '../../src/stores/postgres/postgres-options.ts'
import { createSqlStorage } from '../../src/stores/sql/create-sql-storage.ts'
import type { SqlBackend } from '../../src/stores/sql/sql-backend.ts'
import { openSqliteBackend } from '../../src/stores/sqlite/sqlite-backend.ts'
import { scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall, sampleLimit, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

/** A storage whose clock stands where it was set. */
interface TimedStorage {
  readonly storage: Storage
  setClock(time: string): Promise<void>
}

async function openTimedSqlite(): Promise<TimedStorage> {
  const folder = newDirectory()
  mkdirSync(folder, { recursive: true })
  return withClock(await openSqliteBackend({ file: join(folder, 'timed.db'), busyTimeoutMs: 1000 }))
}

async function openTimedPostgres(): Promise<TimedStorage> {
  return withClock(
    await openPostgresBackend(postgresSettings({ url: await sharedPostgresUrl(), schema: freshSchema() })),
  )
}

async function withClock(backend: SqlBackend): Promise<TimedStorage> {
  await backend.writeAlone((transaction) => sql`create table clock (now bigint not null)`.execute(transaction))
  const setClock = async (time: string) => {
    await backend.writeAlone(async (transaction) => {
      await sql`delete from clock`.execute(transaction)
      await sql`insert into clock values (${Date.parse(time)})`.execute(transaction)
    })
  }
  await setClock('2026-11-21')
  return { storage: await createSqlStorage({ ...backend, now: sql<number>`(select now from clock)` }), setClock }
}

async function openTimedMemory(): Promise<TimedStorage> {
  vi.useFakeTimers({ toFake: ['Date'] })
  return { storage: openMemoryStorage(), setClock: async (time) => void vi.setSystemTime(time) }
}

async function openTimedBucket(): Promise<TimedStorage> {
  let nowMs = 0
  const bucket = new MemoryObjectBucket()
  bucket.now = async () => nowMs
  return { storage: openObjectStorage(bucket), setClock: async (time) => void (nowMs = Date.parse(time)) }
}

afterEach(() => void vi.useRealTimers())

describe.each([
  ['memory', openTimedMemory],
  ['a bucket', openTimedBucket],
  ['SQLite', openTimedSqlite],
  ['PostgreSQL', openTimedPostgres],
])('the windows of budgets in %s', (_name, open) => {
  it('begin anew with each day and month, and what was spent before is still told', async () => {
    const { storage, setClock } = await open()
    const { ledger } = storage.workspace(scopeA)
    const account = sampleAccount()
    const spent = async () =>
      Object.fromEntries((await ledger.budgets()).map(({ window, spentNanoUsd }) => [window, Number(spentNanoUsd)]))
    await setClock('2026-11-29T23:59:59.999Z')
    await ledger.settle(sampleCall(account))
    for (const window of ['total', 'day', 'month'] as const) {
      await ledger.setBudget(sampleLimit({ window, limitNanoUsd: 20n, thresholds: [0.5] }))
    }
    expect(await spent()).toEqual({ total: 10, day: 10, month: 10 })
    await setClock('2026-11-30T00:00:00.000Z')
    expect(await spent()).toEqual({ total: 10, day: 0, month: 10 })
    const settled = await ledger.settle(sampleCall(account))
    expect(settled.crossed.map(({ budget, threshold }) => `${budget.window} ${threshold}`).toSorted()).toEqual([
      'day 0.5',
      'month 1',
      'total 1',
    ])
    await setClock('2026-12-01T00:00:00.000Z')
    expect(await spent()).toEqual({ total: 20, day: 0, month: 0 })
    // A limit that is set anew does not bring back what a former day had.
    await ledger.setBudget(sampleLimit({ window: 'day', limitNanoUsd: 30n }))
    expect(await spent()).toEqual({ total: 20, day: 0, month: 0 })
    const costs = async (groupBy: 'hour' | 'day' | 'month') =>
      (await ledger.costs({ groupBy: [groupBy] })).map(({ group, costNanoUsd }) => [group[groupBy], costNanoUsd])
    expect(await costs('hour')).toEqual([
      ['2026-11-29T23', 10n],
      ['2026-11-30T00', 10n],
    ])
    expect(await costs('day')).toEqual([
      ['2026-11-29', 10n],
      ['2026-11-30', 10n],
    ])
    expect(await costs('month')).toEqual([['2026-11', 20n]])
    await storage.close()
  })

  it('count a call where it was reserved, though it ends on another day', async () => {
    const { storage, setClock } = await open()
    const { ledger } = storage.workspace(scopeA)
    const account = sampleAccount()
    await setClock('2026-11-30T23:59:00Z')
    const limit = sampleLimit({ window: 'day' })
    await ledger.setBudget(limit)
    const [ends, dies] = [sampleRequest(account, { ttlMs: 600_000 }), sampleRequest(account, { ttlMs: 60_000 })]
    for (const request of [ends, dies]) await ledger.reserve(request)
    const state = async () => {
      const [{ spentNanoUsd, presumedNanoUsd, reservedNanoUsd }] = (await ledger.budgets()) as [never]
      return [spentNanoUsd, presumedNanoUsd, reservedNanoUsd]
    }
    await setClock('2026-12-01T00:01:00Z')
    // The new day owes nothing to the old one, so all of it may be reserved.
    const all = sampleRequest(account, { wantedNanoUsd: 100n })
    expect(await ledger.reserve(all)).toEqual({ status: 'reserved', grantedNanoUsd: 100n })
    expect(await ledger.setBudget(limit)).toMatchObject({ reservedNanoUsd: 100n, presumedNanoUsd: 0n })
    expect(await state()).toEqual([0n, 0n, 100n])
    const settled = await ledger.settle(sampleCall(account, { reservationId: ends.reservationId, costNanoUsd: 40n }))
    expect(settled).toMatchObject({ isOverrun: false, budgets: [{ spentNanoUsd: 40n, presumedNanoUsd: 40n }] })
    expect(await state()).toEqual([0n, 0n, 100n])
    await ledger.settle(sampleCall(account, { reservationId: all.reservationId, costNanoUsd: 100n }))
    await ledger.release(dies.reservationId)
    expect(await state()).toEqual([100n, 0n, 0n])
    const byDay = await ledger.costs({ groupBy: ['day'] })
    expect(byDay.map(({ group, costNanoUsd }) => [group.day, costNanoUsd])).toEqual([
      ['2026-11-30', 40n],
      ['2026-12-01', 100n],
    ])
    await storage.close()
  })
})
