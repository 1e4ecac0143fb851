import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { openSession, SqliteStorage, type LoggedEvent } from '../../src/index.ts'
import { waitUntilNoneIsMarked } from '../support/processes.ts'
import { Life } from './life.ts'
import { checkAtRest, checkCalls, checkLog, checkMessages, checkPairs } from './session-checks.ts'
import { planLives, type LifePlan, type Victim } from './session-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

interface Trial {
  readonly folder: string
  readonly storage: SqliteStorage
  readonly counterFile: string
  readonly acknowledged: LoggedEvent[]
  readonly said: { acknowledged: string[]; tried: string[] }
}

/**
 * A session whose host, or whose agent, is killed at random moments of random work, and that goes on
 * each time in a new process and another folder until it is done.
 * @throws when anything that was acknowledged is lost, doubled, left open or left running.
 */
export const proveSession =
  (victim: Victim) =>
  (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
    inTrialFolder(async (folder) => {
      const storage = new SqliteStorage({ dataDirectory: join(folder, 'data') })
      const counterFile = join(folder, 'counter')
      writeFileSync(counterFile, '')
      writeFileSync(join(folder, 'readme.txt'), 'Read me.\n')
      mkdirSync(join(folder, 'data'))
      const trial: Trial = { folder, storage, counterFile, acknowledged: [], said: { acknowledged: [], tried: [] } }
      try {
        const lives = planLives(seed, { victim, counterFile })
        let kills = 0
        for (const plan of lives) kills += await liveOnce(trial, plan)
        return { kills }
      } finally {
        await storage.close()
      }
    }, options)

async function liveOnce(trial: Trial, plan: LifePlan): Promise<number> {
  const { folder, storage, counterFile } = trial
  const sessionId = await sessionOf(storage)
  const cwd = join(folder, `work-${plan.index}`)
  const life = new Life({ plan, sessionId, dataDirectory: join(folder, 'data'), cwd, counterFile, mark: folder })
  await life.run()
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
  if (plan.kill !== null) {
    const typed = outcome.status === 'completed' || (outcome.status === 'failed' && outcome.code !== 'internal_error')
    return assert.ok(typed, `life ${plan.index} ended with ${JSON.stringify(outcome)}`)
  }
  assert.equal(outcome.status, 'completed', `the last life ended with ${JSON.stringify(outcome)}`)
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

async function sessionOf(storage: SqliteStorage): Promise<SessionId | undefined> {
  const [record] = await (await storage.open()).workspace(defaultScope).sessions.list()
  return record?.id
}
