import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../domain/ids.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import { newSession, pause, sampleEvents, take, withStorage, type StorageUnderTest } from './contract-samples.ts'

/** Live reading of an event log: history, then what is appended, without gap and without doubles. */
export function subscriptionContract(backend: StorageUnderTest): void {
  describe('event log: subscriptions', () => {
    deliveryContract(backend)
    endContract(backend)
  })
}

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const sequences = (events: readonly LoggedEvent[]) => events.map((event) => event.sequence)
const append = (stores: WorkspaceStores, session: SessionId, count: number) =>
  stores.events.append(session, sampleEvents(count), { fence: 0 })

function deliveryContract(backend: StorageUnderTest): void {
  it(
    'gives history after a position, then what is appended',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      await append(stores, session, 5)
      const reading = take(stores.events.subscribe(session, { after: 2 }), 6)
      await append(stores, session, 1)
      await pause(5)
      await append(stores, session, 2)
      expect(await reading).toEqual(await stores.events.read(session, { after: 2 }))
    }),
  )

  it(
    'has no gap and no double, however reading and appending interleave',
    withStorage(backend, async (stores) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
          await expectExactDelivery(stores, steps)
        }),
        { numRuns: 40 },
      )
    }),
  )

  it(
    'never holds the writer back for a slow reader, who still gets everything',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const slow = stores.events.subscribe(session)[Symbol.asyncIterator]()
      const first = slow.next()
      await append(stores, session, 1)
      const received = [(await first).value as LoggedEvent]
      // Far more than a reader may leave lying in memory, while nobody reads.
      for (let round = 0; round < 30; round++) await append(stores, session, 100)
      while (received.length < 3001) received.push((await slow.next()).value as LoggedEvent)
      await slow.return?.()
      expect(sequences(received)).toEqual(numbered(1, 3001))
    }),
  )

  it(
    'serves many readers of one session alike',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const readers = Array.from({ length: 50 }, (_, after) =>
        take(stores.events.subscribe(session, { after: after % 3 }), 40 - (after % 3)),
      )
      for (let round = 0; round < 40; round++) await append(stores, session, 1)
      for (const [index, events] of (await Promise.all(readers)).entries()) {
        expect(sequences(events)).toEqual(numbered((index % 3) + 1, 40))
      }
    }),
  )

  it(
    'keeps sessions apart',
    withStorage(backend, async (stores) => {
      const [one, other] = [await newSession(stores), await newSession(stores)]
      const reading = take(stores.events.subscribe(one), 2)
      await append(stores, other, 3)
      const appended = await append(stores, one, 2)
      expect(await reading).toEqual(appended)
    }),
  )
}

type Step = { do: 'append'; count: number } | { do: 'subscribe'; after: number } | { do: 'wait'; ticks: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), after: fc.integer({ min: 0, max: 8 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ticks: fc.integer({ min: 0, max: 6 }) }) },
)

/** Does the steps, without waiting for the appends, and compares what each reader got with the log. */
async function expectExactDelivery(stores: WorkspaceStores, steps: readonly Step[]): Promise<void> {
  const session = await newSession(stores)
  const total = steps.reduce((sum, each) => sum + (each.do === 'append' ? each.count : 0), 0)
  const appends: Promise<unknown>[] = []
  const readers: { after: number; events: Promise<LoggedEvent[]> }[] = []
  for (const each of steps) {
    if (each.do === 'append') appends.push(append(stores, session, each.count))
    if (each.do === 'subscribe') {
      const after = Math.min(each.after, total)
      readers.push({ after, events: take(stores.events.subscribe(session, { after }), total - after) })
    }
    if (each.do === 'wait') for (let tick = 0; tick < each.ticks; tick++) await new Promise(setImmediate)
  }
  await Promise.all(appends)
  for (const { after, events } of readers) expect(sequences(await events)).toEqual(numbered(after + 1, total))
}

/** Takes so many events and asks for one more. */
async function readThenWait(source: AsyncIterable<LoggedEvent>, count: number) {
  const reader = source[Symbol.asyncIterator]()
  const events: LoggedEvent[] = []
  while (events.length < count) events.push((await reader.next()).value as LoggedEvent)
  return { events, next: reader.next() }
}

function endContract(backend: StorageUnderTest): void {
  it(
    'ends when its signal aborts: before, while waiting, and between two events',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      await append(stores, session, 3)
      expect(await take(stores.events.subscribe(session, { signal: AbortSignal.abort() }), 9)).toEqual([])

      const waiting = new AbortController()
      const { next } = await readThenWait(stores.events.subscribe(session, { signal: waiting.signal }), 3)
      await pause(5)
      waiting.abort()
      expect(await next).toEqual({ done: true, value: undefined })

      const between = new AbortController()
      const seen: number[] = []
      for await (const event of stores.events.subscribe(session, { signal: between.signal })) {
        seen.push(event.sequence)
        if (seen.length === 2) between.abort()
      }
      expect(seen).toEqual([1, 2])
    }),
  )

  it(
    'ends when its reader returns while waiting',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      const iterator = stores.events.subscribe(session)[Symbol.asyncIterator]()
      const waiting = iterator.next()
      await pause(5)
      await iterator.return?.()
      expect(await waiting).toEqual({ done: true, value: undefined })
    }),
  )

  it.each(['its session is deleted', 'its events are deleted', 'the storage is closed'])('ends when %s', (cause) =>
    withStorage(backend, async (stores, storage) => {
      const session = await newSession(stores)
      await append(stores, session, 2)
      const { events, next } = await readThenWait(stores.events.subscribe(session), 2)
      await pause(5)
      if (cause === 'its session is deleted') await stores.sessions.delete(session)
      else if (cause === 'its events are deleted') await stores.events.delete(session)
      else await storage.close()
      expect(sequences(events)).toEqual([1, 2])
      expect(await next).toEqual({ done: true, value: undefined })
    })(),
  )

  it(
    'can be opened again on a log that was deleted and begun anew',
    withStorage(backend, async (stores) => {
      const session = await newSession(stores)
      await append(stores, session, 1)
      const old = await readThenWait(stores.events.subscribe(session), 1)
      await pause(5)
      await stores.events.delete(session)
      const fresh = take(stores.events.subscribe(session), 2)
      await append(stores, session, 2)
      expect(sequences(old.events)).toEqual([1])
      expect(await old.next).toEqual({ done: true, value: undefined })
      expect(sequences(await fresh)).toEqual([1, 2])
    }),
  )
}
