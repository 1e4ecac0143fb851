import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PostgresStorage, SqliteStorage } from '../../src/index.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { liveAll } from './prove-session.ts'
import { createDice, planLives, type Victim } from './session-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

interface BoundaryPlan {
  readonly storage: 'sqlite' | 'postgres'
  readonly victim: Victim
  /** One in five: what surrounds the agent is what is proven here, and hundreds of agents take hours. */
  readonly hasRealAgent: boolean
  /** How long the database stays away. */
  readonly outageMs: number
}

/**
 * A short session; at one of its writes, before the store hears of it or after it is durable, the host, the agent or the
 * server of the database is killed. A new host takes the session up and brings it to its end.
 * @throws when anything that was acknowledged is lost, doubled, left open or left running.
 */
export const proveBoundary = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const plan = planBoundary(seed)
    const { storage, victim, hasRealAgent } = plan
    const place = storage === 'postgres' ? { url: (await boundaryServer()).url, schema: schemaOf(seed) } : undefined
    const facts = await liveAll({
      folder,
      storage:
        place === undefined ? new SqliteStorage({ dataDirectory: join(folder, 'data') }) : new PostgresStorage(place),
      plan: (counterFile) => planLives(seed, { victim, counterFile, killsAtWrite: true }),
      task: { hasPlainAgent: !hasRealAgent, ...(place === undefined ? {} : { postgres: place }) },
      watch: { killDatabase: () => endForAWhile(plan.outageMs) },
    })
    return { ...facts, setting: `${victim} ${storage}`, realBinary: hasRealAgent }
  }, options)

export function planBoundary(seed: number): BoundaryPlan {
  const dice = createDice(seed)
  const hasRealAgent = seed % 5 === 0
  const storage = dice.pick(['sqlite', 'postgres'] as const)
  const victims: Victim[] = ['host', 'host']
  if (storage === 'postgres') victims.push('database')
  // The agent that is played has no process of its own.
  if (hasRealAgent) victims.push('agent')
  return { storage, hasRealAgent, victim: dice.pick(victims), outageMs: dice.number(0, 1_500) }
}

let server: Promise<PostgresServer> | undefined
/** Trials at the same time share the server; it dies for one after the other. */
let outages: Promise<void> = Promise.resolve()

const boundaryServer = (): Promise<PostgresServer> => (server ??= PostgresServer.start())

export async function closeBoundaryServer(): Promise<void> {
  await outages
  await (await server)?.close()
  server = undefined
}

/** The host goes on as soon as it is gone. */
function endForAWhile(outageMs: number): Promise<void> {
  const { promise: isGone, resolve: gone } = Promise.withResolvers<void>()
  outages = outages.then(async () => {
    const database = await boundaryServer()
    await database.kill()
    gone()
    await sleep(outageMs)
    await database.start()
  })
  return isGone
}

const schemaOf = (seed: number): string => `trial_${seed}_${process.pid}_${Date.now().toString(36)}`
