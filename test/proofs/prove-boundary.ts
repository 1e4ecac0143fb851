import { join } from 'node:path'
import { PostgresServer } from '../support/postgres-server.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { storageAt, type Place } from './place.ts'
import { liveAll } from './prove-session.ts'
import { createDice, planLives, type Victim } from './session-plan.ts'
import { SharedServer } from './shared-server.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

interface BoundaryPlan {
  readonly storage: Place['kind']
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
    const { storage, victim, hasRealAgent, outageMs } = planBoundary(seed)
    const place = await placeOf(storage, { seed, folder })
    const facts = await liveAll({
      folder,
      storage: storageAt(place),
      plan: (counterFile) => planLives(seed, { victim, counterFile, killsAtWrite: true }),
      task: { hasPlainAgent: !hasRealAgent, place },
      watch: { killDatabase: () => servers[storage === 'redis' ? 'redis' : 'postgres'].endFor(outageMs) },
    })
    return { ...facts, setting: `${victim} ${storage}`, realBinary: hasRealAgent }
  }, options)

export function planBoundary(seed: number): BoundaryPlan {
  const dice = createDice(seed)
  const hasRealAgent = seed % 5 === 0
  const storage = dice.pick(['sqlite', 'postgres', 'redis', 'filesystem'] as const)
  const victims: Victim[] = ['host', 'host']
  if (storage === 'postgres' || storage === 'redis') victims.push('database')
  // The agent that is played has no process of its own.
  if (hasRealAgent) victims.push('agent')
  return { storage, hasRealAgent, victim: dice.pick(victims), outageMs: dice.number(0, 1_500) }
}

const servers = {
  postgres: new SharedServer(() => PostgresServer.start()),
  redis: new SharedServer(() => TestRedisServer.start()),
}

export const closeBoundaryServers = async (): Promise<void> => {
  await Promise.all(Object.values(servers).map((server) => server.close()))
}

async function placeOf(
  kind: Place['kind'],
  { seed, folder }: { readonly seed: number; readonly folder: string },
): Promise<Place> {
  const name = `trial_${seed}_${process.pid}_${Date.now().toString(36)}`
  switch (kind) {
    case 'sqlite':
      return { kind, dataDirectory: join(folder, 'data') }
    case 'filesystem':
      return { kind, folder: join(folder, 'store') }
    case 'postgres':
      return { kind, url: await servers.postgres.url(), schema: name }
    case 'redis':
      return { kind, url: await servers.redis.url(), keyPrefix: name }
  }
}
