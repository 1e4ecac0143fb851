import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { systemClock } from '../../ports/clock.ts'
import type { SavedWorkTree, WorkTree } from '../../ports/work-tree.ts'
import { createOwnEvents } from '../own-events.ts'
import { RunCheckpoints } from './run-checkpoints.ts'

afterEach(() => vi.useRealTimers())

const call = { toolUseId: 'toolu_1', toolName: 'Bash', input: {}, thread: null }

/** Checkpoints over a tree that answers as the test says; each save is a new state. */
function checkpointsOver(save: (count: number) => Promise<void>, isRisky = () => false) {
  const drafts: EventDraft[] = []
  let count = 0
  const tree: WorkTree = {
    save: async ({ parent }): Promise<SavedWorkTree> => {
      const number = (count += 1)
      await save(number)
      const id = `ckpt_${String(number).padStart(40, '0')}` as CheckpointId
      return { id, parent, isUnchanged: false, leftOut: [], leftOutCount: 0 }
    },
    changes: (_before, after) => Promise.resolve({ changes: [{ type: 'added', path: after, lines: null }], more: 0 }),
    restore: () => Promise.reject(new Error('nobody restores')),
    readText: () => Promise.reject(new Error('nobody reads')),
    rehearse: () => Promise.reject(new Error('nobody restores')),
    close: () => Promise.resolve(),
  }
  const checkpoints = new RunCheckpoints({
    tree,
    plan: { policy: {}, isRisky },
    workingDirectory: '/work',
    own: createOwnEvents(systemClock),
    clock: systemClock,
  })
  onTestFinished(() => checkpoints.close())
  checkpoints.writeTo({ push: (event) => void drafts.push(event), flushed: () => Promise.resolve() })
  return {
    checkpoints,
    drafts,
    said: () => drafts.map((event) => `${event.type} ${'reason' in event ? event.reason : ''}`),
  }
}

it('lets no tool pass before the base is saved and the log says so', async () => {
  const base = Promise.withResolvers<void>()
  const { checkpoints, said } = checkpointsOver(() => base.promise)
  checkpoints.begin({ checkpointId: null })
  let hasPassed = false
  const passed = checkpoints.beforeTool(call).then(() => (hasPassed = true))
  await Promise.resolve()
  expect(hasPassed).toBe(false)
  base.resolve()
  await passed
  expect(said()).toEqual(['perdure.checkpoint_saved run_started'])
})

it('saves before a risky call, also where nobody can tell whether it is one', async () => {
  const { checkpoints, said } = checkpointsOver(
    () => Promise.resolve(),
    () => {
      throw new Error('no idea')
    },
  )
  checkpoints.begin({ checkpointId: null })
  await checkpoints.beforeTool(call)
  expect(said()).toEqual(['perdure.checkpoint_saved run_started', 'perdure.checkpoint_saved before_tool'])
  expect(await checkpoints.reached()).toMatchObject({ changes: [{ type: 'added' }], more: 0 })
})

it('says a failure once, and tries again at the next turn', async () => {
  const { checkpoints, said } = checkpointsOver(async (count) => {
    if (count < 3) throw new PerdureError('storage_failed', 'The storage is away.')
  })
  checkpoints.begin({ checkpointId: null })
  for (let turn = 1; turn <= 2; turn++) await checkpoints.save('turn_ended')
  expect(said()).toEqual(['perdure.checkpoint_failed run_started', 'perdure.checkpoint_saved turn_ended'])
})

it('of a tree that can never be saved tries no more', async () => {
  let tries = 0
  const { checkpoints, said } = checkpointsOver(async (count) => {
    tries = count
    throw new PerdureError('work_tree_unsuitable', 'Too many files.')
  })
  checkpoints.begin({ checkpointId: null })
  for (let turn = 1; turn <= 3; turn++) await checkpoints.save('turn_ended')
  await checkpoints.beforeTool(call)
  expect(said()).toEqual(['perdure.checkpoint_failed run_started'])
  expect(tries).toBe(1)
})

it('waits five seconds at most when the run is to end, and says what it gave up', async () => {
  vi.useFakeTimers()
  const { checkpoints, said } = checkpointsOver(() => new Promise(() => {}))
  checkpoints.begin({ checkpointId: null })
  await vi.advanceTimersByTimeAsync(0)
  checkpoints.hurry()
  const saved = checkpoints.save('run_ended')
  await vi.advanceTimersByTimeAsync(5_000)
  await saved
  await checkpoints.beforeTool(call)
  expect(said()).toEqual(['perdure.checkpoint_failed run_started'])
  expect(await checkpoints.reached()).toEqual({ checkpointId: null, changes: [], more: 0 })
})
