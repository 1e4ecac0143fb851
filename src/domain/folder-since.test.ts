import { expect, it } from 'vitest'
import type { CheckpointId } from './checkpoint-id.ts'
import { folderSince } from './folder-since.ts'
import type { EventDraft } from './session-event.ts'

const at = { id: 'sevt_1', processed_at: '2026-01-01T00:00:00.000Z' }
const checkpoint_id = 'one' as CheckpointId
const saved = (working_directory: string): EventDraft => ({
  ...at,
  type: 'perdure.checkpoint_saved',
  checkpoint_id,
  parent_checkpoint_id: null,
  reason: 'turn_ended',
  working_directory,
  changes: [],
  more_changes: 0,
  left_out: [],
  left_out_count: 0,
  duration_ms: 1,
})
const rewound = (working_directory: string, files: CheckpointId | null = checkpoint_id): EventDraft => ({
  ...at,
  type: 'perdure.session_rewound',
  to_sequence: 1,
  agent_session_id: 'copy',
  checkpoint_id: files,
  safety_checkpoint_id: null,
  working_directory,
  git: 'keep',
  conversation: { texts: [], waiting_calls: {}, thread_ids: [], unanswered_ids: [] },
})
const restored = (working_directory?: string): EventDraft => ({
  ...at,
  type: 'perdure.files_restored',
  checkpoint_id,
  ...(working_directory === undefined ? {} : { working_directory }),
  changes: 1,
  left_alone: [],
})

const sinceFirst = (...since: EventDraft[]): string =>
  folderSince(
    [saved('/a'), ...since].map((event, index) => ({ ...event, sequence: index + 1 })),
    { checkpointId: checkpoint_id, workingDirectory: '/a', sequence: 1 },
  )

it('is where they were saved, though the session works elsewhere since', () => {
  expect(sinceFirst()).toBe('/a')
  expect(sinceFirst(saved('/b'))).toBe('/a')
  expect(sinceFirst(saved('/b'), rewound('/a'), restored('/a'))).toBe('/a')
})

it('is where they were restored', () => {
  expect(sinceFirst(restored('/b'))).toBe('/b')
  expect(sinceFirst(restored('/b'), saved('/b'), restored('/c'))).toBe('/c')
  expect(sinceFirst(rewound('/a'), restored('/b'), saved('/b'))).toBe('/b')
})

it('is not where other files were restored', () => {
  expect(sinceFirst(saved('/b'), restored('/c'))).toBe('/a')
  expect(sinceFirst(saved('/b'), rewound('/x', null), restored('/c'), saved('/c'))).toBe('/a')
})

it('is not known of a restore that names no folder', () => {
  expect(sinceFirst(restored())).toBe('/a')
})
