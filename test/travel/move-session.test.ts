import { describe, expect, onTestFinished, test } from 'vitest'
import { newSessionId } from '../../src/domain/ids.ts'
import type { Storage, WorkspaceStores } from '../../src/ports/storage.ts'
import { moveSession, type MoveProgress } from '../../src/runtime/travel/move-session.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { codeOf, sampleInput, sampleOwner, sampleRecord, scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { temporaryDirectories } from '../stores/temporary-directory.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import { storesOfMortal } from './stopping-stores.ts'
import { budgetOf, everythingOf, writeSampleSession } from './travelled-session.ts'

const newDirectory = temporaryDirectories()
const isOwnerGone = () => true

const kinds: Record<string, () => Promise<Storage>> = {
  memory: async () => openMemoryStorage({ isOwnerGone }),
  SQLite: () => openSqliteStorage({ dataDirectory: newDirectory(), isOwnerGone }),
  PostgreSQL: async () => openPostgresStorage({ url: await sharedPostgresUrl(), schema: freshSchema(), isOwnerGone }),
}

async function open(kind: string): Promise<WorkspaceStores> {
  const storage = await kinds[kind]!()
  onTestFinished(() => storage.close())
  return storage.workspace(scopeA)
}

const move = (
  from: WorkspaceStores,
  to: WorkspaceStores,
  {
    sessionId,
    ...more
  }: { sessionId: ReturnType<typeof newSessionId>; place?: string } & {
    onProgress?: (progress: MoveProgress) => void
  },
) => moveSession({ from, to, sessionId, place: 'there', leaseOwner: () => sampleOwner(), leaseTtlMs: 60_000, ...more })

describe.each([
  ['memory', 'SQLite'],
  ['SQLite', 'PostgreSQL'],
  ['PostgreSQL', 'memory'],
])('from %s to %s', (source, goal) => {
  test('all of a session travels, and nothing but its amounts stays', async () => {
    const [from, to] = [await open(source), await open(goal)]
    const sessionId = await writeSampleSession(from)
    await from.ledger.giveUpReservations(sessionId)
    const before = await everythingOf(from, sessionId)
    const phases: string[] = []
    const moved = await move(from, to, { sessionId, onProgress: ({ phase }) => phases.push(phase) })
    expect(phases).toEqual(['copying', 'checking', 'handing_over', 'done'])
    expect(moved.summary).toMatchObject({ events: 254, head: 254, conversations: 2, checkpoints: 2, packs: 2 })
    expect(await everythingOf(to, sessionId)).toEqual(before)
    expect(await budgetOf(to, sessionId)).toEqual([100n, 30n, 20n])

    const left = await everythingOf(from, sessionId)
    expect(left).toMatchObject({ record: null, events: [], checkpoints: [], inbox: [] })
    expect(Object.values(left.transcripts)).toEqual([null, null])
    expect(left.costs).toEqual(before.costs)
    // What it may still cost has gone with it.
    expect(await budgetOf(from, sessionId)).toEqual([50n, 30n, 20n])
    expect(await from.transit.departures()).toEqual([])
    expect(await move(from, to, { sessionId })).toEqual({ sessionId, summary: null })
  })
})

test('it comes back with what it cost elsewhere, and its budget was never more than one', async () => {
  const [from, to] = [await open('SQLite'), await open('memory')]
  const sessionId = await writeSampleSession(from)
  await move(from, to, { sessionId })
  await to.ledger.settle(sampleCall(sampleAccount({ sessionId }), { durationMs: 8, firstTokenMs: 3 }))
  const there = await everythingOf(to, sessionId)
  await move(to, from, { sessionId, place: 'home' })
  expect(await everythingOf(from, sessionId)).toEqual(there)
  expect(await budgetOf(from, sessionId)).toEqual([100n, 40n, 20n])
})

test('killed in any write, the session is never to be had twice, and the same call finishes the move', async () => {
  let trials = 0
  for (const isLastDone of [false, true]) {
    for (let lastWrite = 1; ; lastWrite++) {
      const [from, to] = [openMemoryStorage({ isOwnerGone }), openMemoryStorage({ isOwnerGone })].map((storage) =>
        storage.workspace(scopeA),
      ) as [WorkspaceStores, WorkspaceStores]
      const sessionId = await writeSampleSession(from)
      const { record, events, transcripts, checkpoints, packs, inbox } = await everythingOf(from, sessionId)
      const life = { writes: 0, lastWrite, isLastDone }
      const died = await codeOf(move(storesOfMortal(from, life), storesOfMortal(to, life), { sessionId }))
      if (life.writes < lastWrite) {
        expect(died).toBeUndefined()
        break
      }
      trials += 1
      const places = [await from.sessions.get(sessionId), await to.sessions.get(sessionId)].filter(Boolean)
      expect(places.length, `after write ${lastWrite}`).toBeLessThanOrEqual(1)
      const departures = await from.transit.departures()
      expect(places.length + departures.length, `after write ${lastWrite}`).toBeGreaterThanOrEqual(1)
      await move(from, to, { sessionId })
      expect(await everythingOf(to, sessionId)).toMatchObject({
        record,
        events,
        transcripts,
        checkpoints,
        packs,
        inbox,
      })
      expect(await budgetOf(to, sessionId)).toEqual([100n, 30n, 20n])
      expect(await from.sessions.get(sessionId)).toBeNull()
      expect(await from.transit.departures()).toEqual([])
      expect(await budgetOf(from, sessionId)).toEqual([50n, 30n, 20n])
    }
  }
  expect(trials).toBeGreaterThan(40)
})

test('a session that is driven stays, and so does one that is not there', async () => {
  const storage = openMemoryStorage()
  const [from, to] = [storage.workspace(scopeA), openMemoryStorage().workspace(scopeA)]
  const { id: sessionId } = await from.sessions.create(sampleRecord())
  const lease = await from.leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 60_000 })
  expect(await codeOf(move(from, to, { sessionId }))).toBe('lease_held')
  await from.leases.release(lease)
  expect(await codeOf(move(from, to, { sessionId: newSessionId() }))).toBe('session_not_found')
  await to.sessions.create(sampleRecord({ id: sessionId }))
  expect(await codeOf(move(from, to, { sessionId }))).toBe('session_exists')
  expect(await from.sessions.get(sessionId)).not.toBeNull()
})

test('an interrupted move goes nowhere else', async () => {
  const [from, to, other] = [await open('memory'), await open('memory'), await open('memory')]
  const { id: sessionId } = await from.sessions.create(sampleRecord())
  const { fence } = await from.leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 60_000 })
  await from.transit.depart(sessionId, { fence, to: 'there' })
  await expect(move(from, other, { sessionId, place: 'elsewhere' })).rejects.toMatchObject({
    code: 'session_in_transit',
    details: { to: 'there' },
  })
  await move(from, to, { sessionId })
  expect(await to.sessions.get(sessionId)).not.toBeNull()
})

test('what arrives other than it was sent is not taken, and the session goes on where it is', async () => {
  const [from, to] = [await open('memory'), await open('memory')]
  const sessionId = await writeSampleSession(from)
  const forgetful = {
    ...to,
    transcripts: {
      ...to.transcripts,
      load: async () => null,
      listSubpaths: async () => [],
      append: async () => {},
    },
  } as unknown as WorkspaceStores
  await expect(move(from, forgetful, { sessionId })).rejects.toMatchObject({ code: 'storage_failed' })
  expect(await from.sessions.get(sessionId)).not.toBeNull()
  expect(await budgetOf(from, sessionId)).toEqual([100n, 30n, 20n])
})

test('forks neither take a shared budget along nor spend what has left', async () => {
  const [from, to] = [openMemoryStorage().workspace(scopeA), openMemoryStorage().workspace(scopeA)]
  const parent = await writeSampleSession(from)
  const { id: fork } = await from.sessions.create(sampleRecord({ parent: { sessionId: parent, atSequence: 3 } }))
  expect(await codeOf(move(from, to, { sessionId: fork }))).toBe('invalid_request')
  const account = sampleAccount({ sessionId: fork, forkedFrom: [parent] })
  const request = sampleRequest(account)
  await from.ledger.reserve(request)
  // The fork has a call under way: nobody knows yet what of the budget is left.
  expect(await codeOf(move(from, to, { sessionId: parent }))).toBe('lease_held')
  expect(await from.sessions.get(parent)).not.toBeNull()
  expect(await budgetOf(from, parent)).toEqual([100n, 30n, 20n])
  await from.ledger.settle(sampleCall(account, { reservationId: request.reservationId }))
  await move(from, to, { sessionId: parent })
  expect(await from.ledger.reserve(sampleRequest(account))).toMatchObject({ status: 'refused' })
  expect(await budgetOf(to, parent)).toEqual([100n, 40n, 20n])
  await move(from, to, { sessionId: fork })
  expect(await budgetOf(to, parent)).toEqual([100n, 40n, 20n])
})

test('what is said in the last moment is either refused or travels along', async () => {
  const [from, to] = [await open('memory'), await open('memory')]
  const sessionId = await writeSampleSession(from)
  const said = sampleInput('late')
  const refused = sampleInput('too late')
  let code: unknown
  const late: WorkspaceStores = {
    ...from,
    transit: {
      ...(from.transit as object),
      expect: from.transit.expect.bind(from.transit),
      arrive: from.transit.arrive.bind(from.transit),
      departures: from.transit.departures.bind(from.transit),
      comeBack: from.transit.comeBack.bind(from.transit),
      depart: async (id, departure) => {
        await from.inbox.put(sessionId, said)
        await from.transit.depart(id, departure)
        code = await codeOf(from.inbox.put(sessionId, refused))
      },
    },
  }
  await move(late, to, { sessionId })
  expect(code).toBe('session_not_found')
  expect((await to.inbox.list(sessionId)).map(({ input }) => input.id)).toContain(said.id)
})
