import fc from 'fast-check'
import { expect, it } from 'vitest'
import { conversationAt } from './conversation-at.ts'
import type { EventDraft, LoggedEvent } from './session-event.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const started = (agent_session_id: string) => ({ ...at, type: 'perdure.agent_started', agent_session_id }) as EventDraft
const answer = (sdk_uuid: string, session_thread_id: string | null = null): EventDraft => ({
  ...at,
  type: 'agent.message',
  content: [],
  session_thread_id,
  perdure: { sdk_uuid },
})
const rewound = (to_sequence: number, agent_session_id: string) =>
  ({ ...at, type: 'perdure.session_rewound', to_sequence, agent_session_id }) as EventDraft
const forked = (agent_session_id?: string | null) =>
  ({
    ...at,
    type: 'perdure.session_forked',
    ...(agent_session_id === undefined ? {} : { agent_session_id }),
  }) as EventDraft
const log = (...drafts: EventDraft[]): LoggedEvent[] =>
  drafts.map((draft, index) => ({ ...draft, sequence: index + 1 }))
const pointsOf = (events: readonly LoggedEvent[], sequence: number) => {
  const { messages, bornWith } = conversationAt(events, sequence)
  return [
    ...messages.map(({ agentSessionId, uuid }) => `${agentSessionId}.${uuid}`),
    ...(bornWith === null ? [] : [bornWith]),
  ]
}

it('names each message where it was written, whatever it was copied to', () => {
  const events = log(
    started('A'),
    answer('1'),
    answer('side', 'sthr_x'),
    answer('2'),
    rewound(2, 'B'),
    started('B'),
    answer('3'),
  )
  expect(pointsOf(events, 4)).toEqual(['A.2', 'A.1'])
  expect(pointsOf(events, 5)).toEqual(['A.1'])
  expect(pointsOf(events, 7)).toEqual(['B.3', 'A.1'])
})

it('knows nothing of what was cleared, nor of what came before the beginning', () => {
  const events = log(started('A'), answer('1'), started('C'), answer('2'), rewound(0, 'D'), started('D'))
  expect(pointsOf(events, 3)).toEqual([])
  expect(pointsOf(events, 4)).toEqual(['C.2'])
  expect(pointsOf(events, 6)).toEqual([])
})

it('ends with what a fork was born with, also where an older version did not write that down', () => {
  expect(pointsOf(log(forked('F')), 1)).toEqual(['F'])
  expect(pointsOf(log(forked(), started('F'), answer('1')), 3)).toEqual(['F.1', 'F'])
  expect(pointsOf(log(forked('F'), started('F'), answer('1'), rewound(1, 'G'), started('G')), 5)).toEqual(['F'])
  expect(pointsOf(log(forked('F'), started('H'), answer('1')), 3)).toEqual(['H.1'])
})

it('is the same after a rewind as at its target, whatever came before', () => {
  const conversations = fc.constantFrom('A', 'B')
  const draft = fc.oneof(
    conversations.map(started),
    fc.uuid().map((uuid) => answer(uuid)),
    fc.tuple(fc.nat(40), fc.uuid()).map(([to, copy]) => rewound(to, copy)),
  )
  const anyLog = fc
    .array(draft, { maxLength: 40 })
    .map((drafts) =>
      log(
        ...drafts.map((one, index) =>
          one.type === 'perdure.session_rewound' ? { ...one, to_sequence: one.to_sequence % (index + 1) } : one,
        ),
      ),
    )
  fc.assert(
    fc.property(anyLog, fc.nat(), (events, choice) => {
      const target = choice % (events.length + 1)
      const after = log(...events, rewound(target, 'copy'), started('copy'))
      expect(conversationAt(after, after.length)).toEqual(conversationAt(events, target))
    }),
  )
})
