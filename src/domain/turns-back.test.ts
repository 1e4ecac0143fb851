import { expect, it } from 'vitest'
import type { EventDraft, LoggedEvent } from './session-event.ts'
import { turnsBack } from './turns-back.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const said: EventDraft = { ...at, type: 'user.message', content: [] }
const ended = { ...at, type: 'perdure.turn_ended' } as EventDraft
const rewound = (to_sequence: number) => ({ ...at, type: 'perdure.session_rewound', to_sequence }) as EventDraft
const log = (...drafts: EventDraft[]): LoggedEvent[] =>
  drafts.map((draft, index) => ({ ...draft, sequence: index + 1 }))

it('finds the event before each turn, messages that were said during one being its own', () => {
  const events = log(said, said, ended, said, ended)
  expect([1, 2, 3].map((count) => turnsBack(events, count))).toEqual([3, 0, null])
})

it('counts only what the session follows', () => {
  const events = log(said, ended, said, ended, rewound(2), said, ended)
  expect([1, 2, 3].map((count) => turnsBack(events, count))).toEqual([5, 0, null])
})
