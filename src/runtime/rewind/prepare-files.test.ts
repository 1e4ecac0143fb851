import { expect, it } from 'vitest'
import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import { newSessionId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import { initialSessionState } from '../../domain/session-state.ts'
import { systemClock } from '../../ports/clock.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { WorkTree, WorkTrees } from '../../ports/work-tree.ts'
import { prepareFiles } from './prepare-files.ts'

const checkpoint = (digit: string): CheckpointId => `ckpt_${digit.repeat(40)}` as CheckpointId
const secret = `sk-ant-api03-${'x'.repeat(40)}`

it('writes down what the files were, without secrets in their names', async () => {
  const tree: Partial<WorkTree> = {
    rehearse: async () => ({
      id: checkpoint('2'),
      isUnchanged: false,
      parent: checkpoint('1'),
      leftOut: [],
      leftOutCount: 0,
    }),
    changes: async () => ({ changes: [{ type: 'added', path: `${secret}.txt`, lines: null }], more: 0 }),
    close: async () => {},
  }
  const written: EventDraft[] = []
  const stores: Pick<WorkspaceStores, 'events'> = {
    events: { append: async (_id: unknown, events: EventDraft[]) => void written.push(...events) } as never,
  }
  const record = { id: newSessionId(), workingDirectory: '/work' } as SessionRecord
  const prepared = await prepareFiles(
    {
      stores: stores as WorkspaceStores,
      workTrees: { open: () => tree as WorkTree } satisfies WorkTrees,
      clock: systemClock,
    },
    {
      at: { checkpointId: checkpoint('1'), workingDirectory: '/work', sequence: 1 },
      record,
      state: { ...initialSessionState, checkpointId: checkpoint('1') },
      fence: 1,
      git: 'keep',
      acceptGitWarnings: false,
    },
  )
  expect(prepared.safety).toBe(checkpoint('2'))
  expect(written).toMatchObject([{ type: 'perdure.checkpoint_saved', reason: 'before_rewind' }])
  expect(JSON.stringify(written)).not.toContain(secret)
})
