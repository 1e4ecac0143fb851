import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SessionId } from '../../src/domain/ids.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { newSession, scopeA } from '../../src/testing/contract-samples.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'
import { UnreliableBucket } from './unreliable-bucket.ts'

/** What one process writes to the conversation: for a session, or for whose it is. */
interface Step {
  readonly process: number
  readonly session: number | null
  readonly isKilled: boolean
}

const processes = 2
const sessions = 3
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    process: fc.nat(processes - 1),
    session: fc.option(fc.nat(sessions - 1)),
    isKilled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
)
const key = { agentSessionId: 'conversation' }

it('loses no entry of a conversation that goes from session to session, whoever dies on the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, plan) => {
      const memory = new MemoryObjectBucket()
      const own = openObjectStorage(memory, { isOwnerGone: () => false }).workspace(scopeA)
      const ids = [await newSession(own), await newSession(own), await newSession(own)]
      const trial = { scheduler, memory, ids, acknowledged: new Set<string>(), seen: new Set<string>() }
      const lives = Array.from({ length: processes }, () => begin(trial))
      await scheduler.waitFor(Promise.all(plan.map((step, index) => take(trial, lives, { ...step, index }))))

      // Whatever was left half done, all of it can be read, and goes on under any session.
      await own.transcripts.append(key, [{ uuid: 'last' }], { sessionId: ids[0]! })
      const uuids = (await own.transcripts.load(key))!.map((entry) => entry['uuid'] as string)
      expect(new Set(uuids).size).toBe(uuids.length)
      expect([...trial.acknowledged, ...trial.seen].filter((uuid) => !uuids.includes(uuid))).toEqual([])
      // It is the last session's alone, and goes with it; not with those that had it before.
      for (const id of ids.slice(1)) await own.sessions.delete(id)
      expect(await own.transcripts.load(key)).toHaveLength(uuids.length)
      await own.sessions.delete(ids[0]!)
      expect(await own.transcripts.load(key)).toBeNull()
    }),
    { numRuns: 250 },
  )
})

interface Trial {
  readonly scheduler: fc.Scheduler
  readonly memory: MemoryObjectBucket
  readonly ids: readonly SessionId[]
  readonly acknowledged: Set<string>
  readonly seen: Set<string>
}

interface Life {
  readonly stores: WorkspaceStores
  isOver: boolean
}

async function take(trial: Trial, lives: Life[], step: Step & { index: number }): Promise<void> {
  await trial.scheduler.schedule(Promise.resolve(), 'step')
  if (step.isKilled) {
    lives[step.process]!.isOver = true
    lives[step.process] = begin(trial)
  }
  const life = lives[step.process]!
  const { transcripts } = life.stores
  const uuid = `entry ${step.index}`
  const options = step.session === null ? {} : { sessionId: trial.ids[step.session]! }
  const isWritten = await transcripts.append(key, [{ uuid, text: 'x'.repeat(9_000) }], options).then(
    () => true,
    () => false,
  )
  if (isWritten && !life.isOver) trial.acknowledged.add(uuid)
  const before = [...trial.acknowledged]
  const entries = await transcripts.load(key).catch(() => null)
  if (life.isOver || !entries) return
  const uuids = entries.map((entry) => entry['uuid'] as string)
  expect(before.filter((known) => !uuids.includes(known))).toEqual([])
  for (const known of uuids) trial.seen.add(known)
}

function begin({ scheduler, memory }: Trial): Life {
  const life = { isOver: false }
  const fate = async (): Promise<string> => {
    await scheduler.schedule(Promise.resolve(), 'operation')
    if (life.isOver) throw new Error('killed')
    return 'done'
  }
  const bucket = new UnreliableBucket({ memory, fate })
  return Object.assign(life, { stores: openObjectStorage(bucket, { isOwnerGone: () => false }).workspace(scopeA) })
}
