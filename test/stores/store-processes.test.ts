import { describe, expect, it } from 'vitest'
import { ownerOfThisProcess } from '../../src/stores/leases/process-liveness.ts'
import { newSession, pause, sampleEvent, scopeA, take } from '../../src/testing/contract-samples.ts'
import { sharedPlaces } from './shared-places.ts'
import { startProcess } from './start-process.ts'
import { openPlace, type StoragePlace } from './storage-place.ts'

const agentSessionId = 'c0ffee00-0000-4000-8000-000000000000'

async function openShared(newPlace: () => Promise<StoragePlace>) {
  const place = await newPlace()
  const storage = await openPlace(place)
  const stores = storage.workspace(scopeA)
  return { place, storage, stores, sessionId: await newSession(stores) }
}

describe.each(sharedPlaces())('several processes on one %s', (_name, newPlace) => {
  it('append to one session at once, without gap or loss, while another session is written here', async () => {
    const { place, storage, stores, sessionId } = await openShared(newPlace)
    const own = await newSession(stores)
    const count = 150
    const task = { do: 'append', place, sessionId, agentSessionId, count } as const
    const writers = [startProcess(task), startProcess(task)]
    await Promise.all(writers.map((writer) => writer.saw('ready')))
    for (let index = 0; index < count; index++) await stores.events.append(own, [sampleEvent()], { fence: 0 })
    await Promise.all(writers.map((writer) => writer.ended))

    const acknowledged = writers.flatMap((writer) => writer.reports.filter((report) => report.kind === 'event'))
    const logged = await stores.events.read(sessionId)
    expect(writers.map((writer) => writer.stderr.join(''))).toEqual(['', ''])
    expect(logged.map((event) => event.sequence)).toEqual(logged.map((_, index) => index + 1))
    expect(new Map(acknowledged.map(({ id, sequence }) => [id, sequence]))).toEqual(
      new Map(logged.map(({ id, sequence }) => [id, sequence])),
    )
    expect(logged).toHaveLength(2 * count)
    expect(await stores.events.head(own)).toBe(count)
    await storage.close()
  })

  // How soon it does is measured by the bench: a machine under load may hold up a process for any time.
  it('let a subscriber in one see what another appends, while it still appends', async () => {
    const { place, storage, stores, sessionId } = await openShared(newPlace)
    const count = 100
    const writer = startProcess({ do: 'append', place, sessionId, agentSessionId, count: 1_000_000 })
    const seen = await take(stores.events.subscribe(sessionId), count)
    expect(writer.child.exitCode).toBeNull()
    writer.child.kill('SIGKILL')
    await writer.ended
    expect(seen).toEqual(await stores.events.read(sessionId, { limit: count }))
    await storage.close()
  })

  it('end a subscription when another process deletes the session', async () => {
    const { place, storage, stores, sessionId } = await openShared(newPlace)
    const other = await openPlace(place)
    const reader = stores.events.subscribe(sessionId)[Symbol.asyncIterator]()
    const first = reader.next()
    const [appended] = await other.workspace(scopeA).events.append(sessionId, [sampleEvent()], { fence: 0 })
    expect(await first).toEqual({ done: false, value: appended })
    const end = reader.next()
    await other.workspace(scopeA).sessions.delete(sessionId)
    expect(await end).toEqual({ done: true, value: undefined })
    await Promise.all([storage.close(), other.close()])
  })

  it('take a session over at once when the process that drove it was killed', async () => {
    const { place, storage, stores, sessionId } = await openShared(newPlace)
    const driver = startProcess({ do: 'drive', place, sessionId, agentSessionId, count: 1_000_000 })
    const { fence } = (await driver.saw('ready')) as { fence: number }
    const owner = ownerOfThisProcess('run-here')
    const early = stores.leases.acquire(sessionId, { owner, ttlMs: 1000 })
    await expect(early).rejects.toMatchObject({
      code: 'lease_held',
      details: { owner: { processId: driver.child.pid } },
    })
    driver.child.kill('SIGKILL')
    await driver.ended
    expect(await stores.leases.acquire(sessionId, { owner, ttlMs: 1000 })).toEqual({ sessionId, fence: fence + 1 })
    await storage.close()
  })

  it('let a driver that lost its lease write nothing', async () => {
    const { place, storage, stores, sessionId } = await openShared(newPlace)
    const stale = startProcess({ do: 'wake-up-stale', place, sessionId, agentSessionId, count: 0 })
    await stale.saw('ready')
    await pause(80)
    const lease = await stores.leases.acquire(sessionId, { owner: ownerOfThisProcess('run-here'), ttlMs: 60_000 })
    const [own] = await stores.events.append(sessionId, [sampleEvent()], { fence: lease.fence })
    stale.child.stdin!.end()
    expect(await stale.saw('refused')).toEqual({
      kind: 'refused',
      codes: ['lease_lost', 'lease_lost', 'lease_lost', 'lease_lost'],
    })
    await stale.ended
    expect(await stores.events.read(sessionId)).toEqual([own])
    expect(await stores.transcripts.load({ agentSessionId })).toHaveLength(1)
    expect(await stores.sessions.get(sessionId)).toMatchObject({ title: null })
    await storage.close()
  })
})
