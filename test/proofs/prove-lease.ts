import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import type { TranscriptEntry } from '../../src/ports/transcript-store.ts'
import { openSession, SqliteStorage, type LoggedEvent } from '../../src/index.ts'
import { waitUntilNoneIsMarked } from '../support/processes.ts'
import { Life } from './life.ts'
import { checkAtRest, checkLog, checkPairs } from './session-checks.ts'
import { createDice, type LifePlan } from './session-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

/** Takes the place of the product's fifteen seconds, so that a trial does not wait for them. */
const leaseMs = 1_500
const words = (count: number): string => Array.from({ length: count }, (_, word) => `word${word}`).join(' ')

/**
 * Two processes and one session. The first is frozen in its work until its lease has run out, another
 * takes the session over, and then the first wakes up and goes on as if nothing had been.
 * @throws when anything that the first said after that is found in the session.
 */
export const proveLease = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const dice = createDice(seed)
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'readme.txt'), 'Read me.\n')
    const storage = new SqliteStorage({ dataDirectory: join(folder, 'data') })
    try {
      const stale = startLife(folder, { index: 0, seed, leaseMs })
      const frozen = await freeze(stale, dice.number(2, 30))
      const sessionId = (await (await storage.open()).workspace(defaultScope).sessions.list())[0]!.id
      await new Promise((resolve) => setTimeout(resolve, leaseMs + 100))
      const successor = startLife(folder, { index: 1, seed, sessionId })
      const run = successor.run()
      await successor.told(1)
      const before = await transcriptOf(storage, sessionId)
      await successor.told(dice.number(1, 40))
      stale.child.kill('SIGCONT')
      await Promise.all([run, stale.run()])
      await waitUntilNoneIsMarked(folder)
      const session = await openSession(sessionId, { storage })
      const log = await session.events()
      const state = checkLog(log, [...frozen, ...successor.events])
      checkAtRest(state)
      checkPairs(log, state)
      checkStale(log, stale, successor)
      const known = new Set(before.map((entry) => JSON.stringify(entry)))
      const added = (await transcriptOf(storage, sessionId)).filter((entry) => !known.has(JSON.stringify(entry)))
      assert.deepEqual(
        added.filter((entry) => entry['cwd'] === join(folder, 'work-0')),
        [],
        'the stale run’s agent wrote to the transcript after the take-over',
      )
      return { kills: 0 }
    } finally {
      await storage.close()
    }
  }, options)

async function transcriptOf(storage: SqliteStorage, sessionId: SessionId): Promise<TranscriptEntry[]> {
  const { sessions, transcripts } = (await storage.open()).workspace(defaultScope)
  const agentSessionId = (await sessions.get(sessionId))?.agentSessionId
  return agentSessionId == null ? [] : ((await transcripts.load({ agentSessionId })) ?? [])
}

function startLife(folder: string, facts: { index: number; seed: number; sessionId?: string; leaseMs?: number }): Life {
  const { index, seed, sessionId } = facts
  const bash = { name: 'Bash', input: { command: 'sleep 0.2' } }
  const answer = { text: words(12), chunkDelayMs: 20, tool: bash }
  const plan: LifePlan = {
    index,
    seed: seed * 16 + index,
    promptIsStream: false,
    messages: [{ text: `say-${seed}-${index}-0`, priority: 'next' }],
    answers: Array.from({ length: index === 0 ? 12 : 3 }, () => answer),
    asksFor: null,
    kill: null,
  }
  return new Life({
    plan,
    sessionId,
    dataDirectory: join(folder, 'data'),
    cwd: join(folder, `work-${index}`),
    counterFile: join(folder, 'counter'),
    mark: folder,
    ...(facts.leaseMs === undefined ? {} : { leaseMs: facts.leaseMs }),
  })
}

/** Stops the process after so many reports; resolves to the events that it had acknowledged by then. */
async function freeze(life: Life, afterReports: number): Promise<LoggedEvent[]> {
  await life.told(afterReports)
  life.child.kill('SIGSTOP')
  // What stood in the pipe is read in the meantime.
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(life.last('outcome'), undefined, 'the first run was over before it was frozen')
  return life.events
}

/** From the take-over on, the log is the successor's alone, and the stale run says why it ended. */
function checkStale(log: readonly LoggedEvent[], stale: Life, successor: Life): void {
  const takeOver = log.findLast((event) => event.type === 'perdure.run_started')!.sequence
  assert.deepEqual(
    log.slice(takeOver - 1),
    successor.events,
    'the log after the take-over is not the successor’s alone',
  )
  const late = stale.events.filter((event) => event.sequence >= takeOver)
  assert.deepEqual(late, [], 'the stale run acknowledged events after the take-over')
  assert.equal(
    successor.last('outcome')?.status,
    'completed',
    `the successor: ${JSON.stringify(successor.last('outcome'))}`,
  )
  const outcome = stale.last('outcome')
  assert.deepEqual(outcome, { kind: 'outcome', status: 'failed', code: 'lease_lost' })
}
