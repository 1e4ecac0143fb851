import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { openSession, SqliteStorage, type LoggedEvent, type StorageSource } from '../../src/index.ts'
import { waitUntilNoneIsMarked } from '../support/processes.ts'
import { Life, type LifeTask, type LifeWatch } from './life.ts'
import { checkAtRest, checkCalls, checkLog, checkMessages, checkPairs } from './session-checks.ts'
import { planLives, type LifePlan, type Victim } from './session-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

export interface SessionTrial {
  readonly folder: string
  /** Where the session lives, as seen from outside. */
  readonly storage: StorageSource
  readonly plan: (counterFile: string) => readonly LifePlan[]
  readonly task?: Pick<LifeTask, 'place' | 'hasPlainAgent'>
  readonly watch?: LifeWatch
}

interface Trial extends SessionTrial {
  readonly counterFile: string
  readonly acknowledged: LoggedEvent[]
  readonly said: { acknowledged: string[]; tried: string[] }
  /** At which write each kill came, where it came at one. */
  readonly boundaries: string[]
}

/**
 * A session whose host, or whose agent, is killed at random moments of random work, and that goes on
 * each time in a new process and another folder until it is done.
 * @throws when anything that was acknowledged is lost, doubled, left open or left running.
 */
export const proveSession =
  (victim: Victim) =>
  (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
    inTrialFolder(
      (folder) =>
        liveAll({
          folder,
          storage: new SqliteStorage({ dataDirectory: join(folder, 'data') }),
          plan: (counterFile) => planLives(seed, { victim, counterFile }),
        }),
      options,
    )

/** Lives all lives of a session, each in a process and a folder of its own, and looks everything up after each. */
export async function liveAll(session: SessionTrial): Promise<TrialFacts> {
  const { folder, storage } = session
  const counterFile = join(folder, 'counter')
  writeFileSync(counterFile, '')
  writeFileSync(join(folder, 'readme.txt'), 'Read me.\n')
  mkdirSync(join(folder, 'data'))
  const trial: Trial = {
    ...session,
    counterFile,
    acknowledged: [],
    said: { acknowledged: [], tried: [] },
    boundaries: [],
  }
  try {
    let kills = 0
    for (const plan of session.plan(counterFile)) kills += await liveOnce(trial, plan)
    return { kills, boundaries: trial.boundaries }
  } finally {
    await storage.close()
  }
}

async function liveOnce(trial: Trial, plan: LifePlan): Promise<number> {
  const { folder, storage, counterFile, task, watch } = trial
  const sessionId = await sessionOf(storage)
  const cwd = join(folder, `work-${plan.index}`)
  const dataDirectory = join(folder, 'data')
  const life = new Life({ plan, sessionId, dataDirectory, cwd, counterFile, mark: folder, ...task }, watch)
  await life.run()
  const boundary = life.last('at_write')?.name
  if (boundary !== undefined && life.killedAtMs !== undefined) trial.boundaries.push(boundary)
  trial.acknowledged.push(...life.events)
  trial.said.tried.push(...plan.messages.map(({ text }) => text))
  trial.said.acknowledged.push(...acknowledgedBy(life, plan))
  assert.equal(life.stderr, '', `life ${plan.index} wrote to its standard error`)
  await waitUntilNoneIsMarked(folder)
  await checkLife(trial, life, plan)
  return life.killedAtMs === undefined ? 0 : 1
}

async function checkLife(trial: Trial, life: Life, plan: LifePlan): Promise<void> {
  const sessionId = await sessionOf(trial.storage)
  if (sessionId === undefined) return assert.deepEqual(trial.acknowledged, [], 'the session is gone')
  const session = await openSession(sessionId, { storage: trial.storage })
  const log = await session.events()
  const state = checkLog(log, trial.acknowledged)
  const outcome = life.last('outcome')
  const diedAtWork = plan.kill?.victim === 'host' && outcome === undefined
  if (diedAtWork) return
  assert.ok(outcome, `life ${plan.index} ended without an outcome: ${JSON.stringify(life.last('rejected') ?? null)}`)
  checkAtRest(state)
  checkPairs(log, state)
  checkCalls(log, readFileSync(trial.counterFile, 'utf8').split('\n').filter(Boolean))
  const stores = (await trial.storage.open()).workspace(defaultScope)
  assert.equal(await stores.leases.holder(sessionId), null, 'the lease is still held')
  assert.equal((await stores.sessions.get(sessionId))?.status, 'idle')
  if (plan.kill !== null && plan.kill.victim !== 'database') {
    const typed = outcome.status === 'completed' || (outcome.status === 'failed' && outcome.code !== 'internal_error')
    return assert.ok(typed, `life ${plan.index} ended with ${JSON.stringify(outcome)}`)
  }
  assert.equal(outcome.status, 'completed', `life ${plan.index} ended with ${JSON.stringify(outcome)}`)
  assert.deepEqual(state.awaitingApproval, [], 'a question is open')
  assert.deepEqual(await stores.inbox.list(sessionId), [], 'something waits in the inbox')
  checkMessages(log, trial.said, life.last('asked')?.heard ?? [])
}

/** A prompt is durable before the run shows any sign of life. */
function acknowledgedBy(life: Life, plan: LifePlan): string[] {
  const hasBegun = life.events.some((event) => event.type === 'perdure.run_started')
  return [
    ...(hasBegun && !plan.promptIsStream ? [plan.messages[0]!.text] : []),
    ...life.reports.flatMap(({ report }) => (report.kind === 'said' ? [report.text] : [])),
  ]
}

async function sessionOf(storage: StorageSource): Promise<SessionId | undefined> {
  const [record] = await (await storage.open()).workspace(defaultScope).sessions.list()
  return record?.id
}
