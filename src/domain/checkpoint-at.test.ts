import { describe, expect, it } from 'vitest'
import { checkpointAt } from './checkpoint-at.ts'
import type { CheckpointId } from './checkpoint-id.ts'
import type { CheckpointReason } from './perdure-event.ts'
import type { EventDraft, LoggedEvent } from './session-event.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const saved = (name: string, reason: CheckpointReason = 'turn_ended'): EventDraft => ({
  ...at,
  type: 'perdure.checkpoint_saved',
  checkpoint_id: name as CheckpointId,
  parent_checkpoint_id: null,
  reason,
  working_directory: '/w',
  changes: [],
  more_changes: 0,
  left_out: [],
  left_out_count: 0,
  duration_ms: 1,
})
const rewound = (to_sequence: number, name: string | null): EventDraft => ({
  ...at,
  type: 'perdure.session_rewound',
  to_sequence,
  agent_session_id: 'copy',
  checkpoint_id: name as CheckpointId | null,
  safety_checkpoint_id: null,
  working_directory: '/w',
  git: 'keep',
  conversation: { texts: [], waiting_calls: {}, thread_ids: [], unanswered_ids: [] },
})
const call = (id: string): EventDraft => ({ ...at, id, type: 'agent.tool_use', name: 'Bash', input: {} })
const result = (tool_use_id: string): EventDraft => ({ ...at, type: 'agent.tool_result', tool_use_id })
const said: EventDraft = { ...at, type: 'agent.message', content: [{ type: 'text', text: 'Done.' }] }
const began = { ...at, type: 'perdure.run_started', run_id: 'run_1' } as EventDraft
const ended: EventDraft = { ...at, type: 'perdure.run_ended', run_id: 'run_1', outcome: 'completed', error: null }

/** The name of the checkpoint at each event, from the beginning on. */
function namesAt(...drafts: EventDraft[]): (string | undefined)[] {
  const log: LoggedEvent[] = drafts.map((draft, index) => ({ ...draft, sequence: index + 1 }))
  return [0, ...log.map(({ sequence }) => sequence)].map((sequence) => checkpointAt(log, sequence)?.checkpointId)
}

describe('the checkpoint of an event', () => {
  it('is the one after it while the agent only talks, and the one before it while it works', () => {
    expect(namesAt(began, saved('a', 'run_started'), call('x'), result('x'), said, saved('b'), ended)).toEqual([
      'a',
      'a',
      'a',
      'a',
      'b',
      'b',
      'b',
      'b',
    ])
  })

  it('is not what other hands made of the files after a run', () => {
    expect(namesAt(saved('a'), ended, began, saved('b', 'run_started'))).toEqual(['a', 'a', 'a', 'b', 'b'])
    expect(namesAt(saved('a'), ended, saved('b', 'before_rewind'), rewound(1, 'a'))).toEqual(['a', 'a', 'a', 'b', 'a'])
  })

  it('is what a run found, until its tools work, though it was written down later', () => {
    expect(
      namesAt(saved('a'), ended, began, said, call('x'), saved('b', 'run_started'), result('x'), said, saved('c')),
    ).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'b', 'c', 'c', 'c'])
  })

  it('is that of a rewind, and stays what it was where a rewind left the files alone', () => {
    expect(namesAt(saved('a'), saved('b'), rewound(1, 'a'), said, rewound(2, 'b'))).toEqual([
      'a',
      'a',
      'b',
      'a',
      'a',
      'b',
    ])
    expect(namesAt(saved('a'), saved('b'), rewound(1, null), said)).toEqual(['a', 'a', 'b', 'b', 'b'])
  })

  it('is none where none was saved', () => {
    expect(namesAt(began, said, ended)).toEqual([undefined, undefined, undefined, undefined])
  })
})
