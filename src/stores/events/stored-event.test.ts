import { expect, it } from 'vitest'
import { eventSchemaVersion, type EventDraft } from '../../domain/session-event.ts'
import { decodeEvent, encodeEvent } from './stored-event.ts'

const draft = { type: 'agent.message', id: 'sevt_1', content: [], processed_at: 'then' } as unknown as EventDraft

it('gives back what was encoded, with the sequence number of its row', () => {
  const payload = encodeEvent(Object.assign({ sequence: 99 }, draft))
  expect(decodeEvent({ payload, sequence: 3, schemaVersion: eventSchemaVersion })).toEqual({ ...draft, sequence: 3 })
})

it('rewrites an event of an older version step by step', () => {
  const oldest = eventSchemaVersion - 2
  const upcasts = {
    [oldest]: (event: Record<string, unknown>) => ({ ...event, path: ['first'] }),
    [oldest + 1]: (event: Record<string, unknown>) => ({ ...event, path: [...(event['path'] as string[]), 'second'] }),
  }
  const stored = { payload: encodeEvent(draft), sequence: 1, schemaVersion: oldest }
  expect(decodeEvent(stored, upcasts)).toEqual({ ...draft, path: ['first', 'second'], sequence: 1 })
})

it('leaves an event of a newer version as it was written', () => {
  const payload = JSON.stringify({ ...draft, added: 'later' })
  const stored = { payload, sequence: 1, schemaVersion: eventSchemaVersion + 1 }
  expect(decodeEvent(stored)).toEqual({ ...draft, added: 'later', sequence: 1 })
})
