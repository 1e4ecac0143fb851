import { describe, expect, it } from 'vitest'
import { newEventId, newSessionId } from '../domain/ids.ts'
import {
  codeOf,
  foreignScopes,
  newSession,
  pause,
  sampleInput,
  sampleRecord,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

/** What every inbox must keep. */
export function inboxContract(backend: StorageUnderTest): void {
  describe('inbox', () => {
    it(
      'lists what waits in order of arrival, with its priority',
      withStorage(backend, async (stores) => {
        const session = await newSession(stores)
        const inputs = [sampleInput('one'), sampleInput('two 🜁\u0000\ud800'), sampleInput('three')]
        await stores.inbox.put(session, inputs[0]!, { priority: 'later' })
        await stores.inbox.put(session, inputs[1]!, { priority: 'now' })
        await stores.inbox.put(session, inputs[2]!)
        expect(await stores.inbox.list(session)).toEqual([
          { input: inputs[0], priority: 'later' },
          { input: inputs[1], priority: 'now' },
          { input: inputs[2], priority: 'next' },
        ])
      }),
    )

    it(
      'keeps the order of inputs that are put at once',
      withStorage(backend, async (stores) => {
        const session = await newSession(stores)
        const inputs = Array.from({ length: 40 }, (_, index) => sampleInput(`input ${index}`))
        await Promise.all(inputs.map((input) => stores.inbox.put(session, input)))
        expect((await stores.inbox.list(session)).map(({ input }) => input)).toEqual(inputs)
      }),
    )

    it(
      'keeps the same input once, while it waits and after it was taken',
      withStorage(backend, async (stores) => {
        const session = await newSession(stores)
        const input = sampleInput()
        await stores.inbox.put(session, input)
        await stores.inbox.put(session, { ...input, content: [{ type: 'text', text: 'changed' }] })
        expect(await stores.inbox.list(session)).toEqual([{ input, priority: 'next' }])
        await stores.events.append(session, [input], { fence: 0, takenFromInbox: [input.id] })
        await stores.inbox.put(session, input)
        expect(await stores.inbox.list(session)).toEqual([])
      }),
    )

    it(
      'takes back what still waits and tells which',
      withStorage(backend, async (stores) => {
        const session = await newSession(stores)
        const [one, two, three] = [sampleInput('one'), sampleInput('two'), sampleInput('three')]
        for (const input of [one, two, three]) await stores.inbox.put(session, input)
        expect(await stores.inbox.remove(session, [three.id, newEventId(), one.id])).toEqual([three.id, one.id])
        expect(await stores.inbox.remove(session, [one.id])).toEqual([])
        expect(await stores.inbox.remove(session, [])).toEqual([])
        expect((await stores.inbox.list(session)).map(({ input }) => input)).toEqual([two])
      }),
    )

    it(
      'refuses a session that does not exist or has expired',
      withStorage(backend, async (stores) => {
        expect(await codeOf(stores.inbox.put(newSessionId(), sampleInput()))).toBe('session_not_found')
        expect(await stores.inbox.list(newSessionId())).toEqual([])
        const expiring = await stores.sessions.create(sampleRecord({ ttlSeconds: 0.02 }))
        await pause(40)
        expect(await codeOf(stores.inbox.put(expiring.id, sampleInput()))).toBe('session_not_found')
      }),
    )

    it(
      'is emptied with its session',
      withStorage(backend, async (stores) => {
        const record = await stores.sessions.create(sampleRecord())
        await stores.inbox.put(record.id, sampleInput())
        await stores.sessions.delete(record.id)
        await stores.sessions.create(record)
        expect(await stores.inbox.list(record.id)).toEqual([])
      }),
    )

    it(
      'is closed to other workspaces in every method',
      withStorage(backend, async (stores, storage) => {
        const session = await newSession(stores)
        const input = sampleInput()
        await stores.inbox.put(session, input)
        for (const scope of foreignScopes) {
          const { inbox } = storage.workspace(scope)
          expect(await inbox.list(session)).toEqual([])
          expect(await inbox.remove(session, [input.id])).toEqual([])
          expect(await codeOf(inbox.put(session, sampleInput()))).toBe('session_not_found')
        }
        expect(await stores.inbox.list(session)).toHaveLength(1)
      }),
    )
  })
}
