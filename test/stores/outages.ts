import { expect } from 'vitest'
import type { LoggedEvent } from '../../src/domain/session-event.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { newSession, pause, sampleEvent, scopeA } from '../../src/testing/contract-samples.ts'
import type { SwitchedProxy } from '../support/switched-proxy.ts'

interface Outage {
  readonly storage: Storage
  readonly openAnother: () => Promise<Storage>
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

/** A server that goes away and comes back costs a follower nothing but time, and a writer neither. */
export async function costsNothingButTime({ storage, openAnother, begin, end }: Outage): Promise<void> {
  const writer = storage.workspace(scopeA)
  const follower = (await openAnother()).workspace(scopeA)
  const session = await newSession(writer)
  const seen: LoggedEvent[] = []
  const following = (async () => {
    for await (const event of follower.events.subscribe(session)) if (seen.push(event) === 60) return
  })()
  const written: LoggedEvent[] = []
  const append = async () => written.push(...(await writer.events.append(session, [sampleEvent()], { fence: 0 })))
  for (let count = 0; count < 20; count++) await append()
  await begin()
  const duringOutage = append()
  expect(await Promise.race([duringOutage, pause(200)])).toBeUndefined()
  await end()
  await duringOutage
  for (let count = 0; count < 39; count++) await append()
  await following
  expect(written.map(({ sequence }) => sequence)).toEqual(written.map((_, index) => index + 1))
  expect(seen).toEqual(written)
}

/** A server that stays away is waited for once, and not by each call that follows. */
export async function isWaitedForOnce(storage: Storage, proxy: SwitchedProxy): Promise<void> {
  const stores = storage.workspace(scopeA)
  const session = await newSession(stores)
  const failed = { code: 'storage_failed', details: { is_unreachable: true } }
  proxy.cut()
  await expect(stores.sessions.get(session)).rejects.toMatchObject(failed)
  const calls = [
    () => stores.events.append(session, [sampleEvent()], { fence: 0 }),
    () => stores.transcripts.append({ agentSessionId: 'agent' }, [{ text: 'lost' }]),
    () => stores.events.read(session),
  ]
  for (const call of calls) {
    const before = proxy.refusals
    await expect(call()).rejects.toMatchObject(failed)
    // As many as the pauses between them leave room for in one second; a slow machine makes fewer.
    expect(proxy.refusals - before).toBeLessThanOrEqual(10)
  }
  proxy.mend()
  expect(await stores.events.append(session, [sampleEvent()], { fence: 0 })).toMatchObject([{ sequence: 1 }])
}
