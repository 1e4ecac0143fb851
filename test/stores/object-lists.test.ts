import { describe, expect, it } from 'vitest'
import type { EventDraft } from '../../src/domain/session-event.ts'
import type { ObjectBucket } from '../../src/ports/object-bucket.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import {
  newSession,
  sampleEvent,
  sampleEvents,
  sampleInput,
  sampleOwner,
  scopeA,
} from '../../src/testing/contract-samples.ts'
import { amountsOf, sampleAccount, sampleCall, sampleLimit, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'

/** A bucket that counts what is asked of it. */
function countedBucket() {
  const memory = new MemoryObjectBucket()
  const counts: Record<string, number> = {}
  const counted = new Proxy<ObjectBucket>(memory, {
    get: (bucket, name: keyof ObjectBucket) => {
      const member = bucket[name]
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        if (name !== 'now') counts[name] = (counts[name] ?? 0) + 1
        return Reflect.apply(member, bucket, given)
      }
    },
  })
  /** What the work asks of the bucket. */
  const during = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
    for (const name of Object.keys(counts)) delete counts[name]
    await work()
    return { ...counts }
  }
  return { memory, counted, during }
}

const open = (bucket: ObjectBucket) => openObjectStorage(bucket, { isOwnerGone: () => false })

describe('a storage in a bucket', () => {
  it('writes with one create and one look, and takes along what waits', async () => {
    const { counted, during } = countedBucket()
    const stores = open(counted).workspace(scopeA)
    const sessionId = await newSession(stores)
    await stores.events.append(sessionId, sampleEvents(2), { fence: 0 })
    expect(await during(() => stores.events.append(sessionId, sampleEvents(1), { fence: 0 }))).toEqual({
      create: 1,
      list: 1,
    })
    const key = { agentSessionId: 'conversation' }
    await stores.transcripts.append(key, [{ uuid: 'a' }], { sessionId })
    const together = await during(() =>
      Promise.all([
        stores.events.append(sessionId, sampleEvents(3), { fence: 0 }),
        stores.transcripts.append(key, [{ uuid: 'b' }], { sessionId }),
        stores.inbox.put(sessionId, sampleInput()),
        stores.leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 1000 }),
      ]),
    )
    expect(together).toEqual({ create: 1, list: 1 })
    expect(await during(() => stores.events.head(sessionId))).toEqual({ list: 1 })
  })

  it('reserves and settles with one create and one look', async () => {
    const { counted, during } = countedBucket()
    const { ledger } = open(counted).workspace(scopeA)
    const account = sampleAccount()
    await ledger.setBudget(sampleLimit({ limitNanoUsd: 10n ** 9n }))
    const request = sampleRequest(account)
    expect(await during(() => ledger.reserve(request))).toEqual({ create: 1, list: 1 })
    const call = sampleCall(account, { reservationId: request.reservationId })
    expect(await during(() => ledger.settle(call))).toEqual({ create: 1, list: 1 })
  })

  it('keeps a log of many batches whole, in order, and finds its events again', async () => {
    const { memory, counted, during } = countedBucket()
    const sessionId = await newSession(open(memory).workspace(scopeA))
    const drafts: EventDraft[] = Array.from({ length: 9_000 }, () => sampleEvent('x'.repeat(400)))
    const writer = open(memory).workspace(scopeA)
    for (let start = 0; start < drafts.length; start += 90) {
      await writer.events.append(sessionId, drafts.slice(start, start + 90), { fence: 0 })
    }
    const reader = open(counted).workspace(scopeA)
    const expected = drafts.map((draft, index) => ({ ...draft, sequence: index + 1 }))
    expect(await reader.events.read(sessionId)).toEqual(expected)
    const fresh = open(counted).workspace(scopeA)
    let late: unknown
    const cost = await during(async () => (late = await fresh.events.read(sessionId, { after: 4_500, limit: 3 })))
    expect(late).toEqual(expected.slice(4_500, 4_503))
    // The list of batches, and the one where they are.
    expect(cost['read']).toBeLessThanOrEqual(3)
    const again = [drafts[10]!, drafts[8_000]!, sampleEvent()]
    const appended = await fresh.events.append(sessionId, again, { fence: 0 })
    expect(appended.map(({ sequence }) => sequence)).toEqual([11, 8_001, 9_001])
    await fresh.sessions.delete(sessionId)
    const left = await memory.list('')
    expect(left.filter((key) => !key.includes('/s/'))).toEqual([])
  })

  it('keeps an entry of a long transcript once, and a large part apart from others', async () => {
    const bucket = new MemoryObjectBucket()
    const { transcripts, ...stores } = open(bucket).workspace(scopeA)
    const sessionId = await newSession({ transcripts, ...stores })
    const key = { agentSessionId: 'conversation' }
    const entries = Array.from({ length: 400 }, () => ({ uuid: crypto.randomUUID(), text: 'y'.repeat(1_000) }))
    for (let start = 0; start < 200; start += 20) await transcripts.append(key, entries.slice(start, start + 20))
    for (let start = 200; start < 400; start += 20) {
      await transcripts.append(key, entries.slice(start - 10, start + 20), { sessionId })
    }
    await transcripts.append({ ...key, subpath: 'subagents/x' }, entries.slice(0, 100), { sessionId })
    const later = open(bucket).workspace(scopeA).transcripts
    await later.append(key, [entries[5]!, entries[399]!], { sessionId })
    expect(await later.load(key)).toEqual(entries)
    expect(await later.load({ ...key, subpath: 'subagents/x' })).toEqual(entries.slice(0, 100))
    await stores.sessions.delete(sessionId)
    expect((await bucket.list('')).filter((name) => name.includes('/b/'))).toEqual([])
  })

  it('counts a call once, and a message, also when they have long left the document', async () => {
    const bucket = new MemoryObjectBucket()
    const { ledger } = open(bucket).workspace(scopeA)
    const account = sampleAccount()
    const calls = Array.from({ length: 400 }, () => sampleCall(account))
    for (let start = 0; start < calls.length; start += 20) {
      await Promise.all(calls.slice(start, start + 20).map((call) => ledger.settle(call)))
    }
    expect((await bucket.list('')).filter((name) => name.includes('/b/')).length).toBeGreaterThan(1)
    const later = open(bucket).workspace(scopeA).ledger
    expect(await later.settle(calls[3]!)).toMatchObject({ isDuplicate: false })
    const messageId = calls[4]!.messageId
    expect(await later.settle(sampleCall(account, { messageId }))).toMatchObject({ isDuplicate: true })
    expect(await later.settle(sampleCall(sampleAccount(), { messageId }))).toMatchObject({ isDuplicate: false })
    expect(await later.costs()).toMatchObject([{ calls: 402, costNanoUsd: 4_010n }])
    await later.setBudget(sampleLimit({ limitNanoUsd: 10_000n }))
    await later.setBudget(sampleLimit({ scope: 'session', id: account.sessionId, limitNanoUsd: 10_000n }))
    expect(await amountsOf(later, { scope: 'workspace' })).toEqual([4_010n, 0n, 0n])
    expect(await amountsOf(later, { scope: 'session' })).toEqual([4_000n, 0n, 0n])
  })

  it('keeps a large input beside the session, and only while it waits', async () => {
    const bucket = new MemoryObjectBucket()
    const stores = open(bucket).workspace(scopeA)
    const sessionId = await newSession(stores)
    const [taken, removed] = [sampleInput('x'.repeat(100_000)), sampleInput('y'.repeat(100_000))]
    await stores.inbox.put(sessionId, taken, { priority: 'now' })
    await stores.inbox.put(sessionId, removed)
    const later = open(bucket).workspace(scopeA)
    expect(await later.inbox.list(sessionId)).toEqual([
      { input: taken, priority: 'now' },
      { input: removed, priority: 'next' },
    ])
    const sizes = await Promise.all((await bucket.list('o/')).map(async (key) => (await bucket.read(key))!.length))
    expect(sizes.filter((size) => size > 100_000)).toHaveLength(2)
    await later.events.append(sessionId, [sampleEvent()], { fence: 0, takenFromInbox: [taken.id] })
    expect(await later.inbox.remove(sessionId, [removed.id])).toEqual([removed.id])
    expect((await bucket.list('o/')).filter((key) => key.includes('/b/'))).toEqual([])
  })

  it('clears away what a dead driver wrote for a version that it never wrote', async () => {
    const bucket = new MemoryObjectBucket()
    const stores = openObjectStorage(bucket, { isOwnerGone: ({ processId }) => processId === 1 }).workspace(scopeA)
    const sessionId = await newSession(stores)
    const { fence } = await stores.leases.acquire(sessionId, { owner: sampleOwner(1), ttlMs: 60_000 })
    await stores.events.append(sessionId, [sampleEvent('x'.repeat(60_000))], { fence })
    await stores.inbox.put(sessionId, sampleInput('y'.repeat(60_000)))
    const named = (await bucket.list('o/')).filter((key) => key.includes('/b/'))
    expect(named).toHaveLength(2)
    await bucket.create(`${named[0]}0`, Buffer.from('[]'))
    await stores.leases.acquire(sessionId, { owner: sampleOwner(2), ttlMs: 60_000 })
    expect((await bucket.list('o/')).filter((key) => key.includes('/b/'))).toEqual(named)
    expect(await stores.events.read(sessionId)).toHaveLength(1)
    expect(await stores.inbox.list(sessionId)).toHaveLength(1)
  })
})
