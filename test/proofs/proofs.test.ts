import { requires } from '../support/require.ts'
import { afterAll } from 'vitest'
import { closeBoundaryServers, planBoundary, proveBoundary } from './prove-boundary.ts'
import type { Place } from './place.ts'
import { proveBudgets } from './prove-budgets.ts'
import { proveCheckpoints } from './prove-checkpoints.ts'
import { proveLease } from './prove-lease.ts'
import { proveLedger } from './prove-ledger.ts'
import { proveRewinds } from './prove-rewinds.ts'
import { proveSession } from './prove-session.ts'
import { planLives, type Victim } from './session-plan.ts'

/** The first seeds whose trial is short: one kill, and not much to do. */
function shortSeeds(victim: Victim, count: number): number[] {
  const isShort = (seed: number): boolean => {
    const lives = planLives(seed, { victim, counterFile: '/counter' })
    return lives.length === 2 && lives.flatMap((life) => life.answers).length <= 4
  }
  return Array.from({ length: 200 }, (_, index) => index + 1)
    .filter(isShort)
    .slice(0, count)
}

/** The first seed of each of these storages with each victim. */
function unlikeBoundaries(...storages: Place['kind'][]): number[] {
  const seeds = Array.from({ length: 200 }, (_, index) => index + 1).filter((seed) =>
    storages.includes(planBoundary(seed).storage),
  )
  const kinds = Map.groupBy(seeds, (seed) => {
    const { storage, victim } = planBoundary(seed)
    return [storage, victim].join()
  })
  return [...kinds.values()].map(([first]) => first!)
}

// A sample; `npm run prove` runs as many as one likes. Two at a time: most of a trial is waiting.
requires('linux', 'pid-namespace').describe('a session', () => {
  const { test } = requires()
  test('survives the death of its host', () => inPairs(shortSeeds('host', 4), proveSession('host')), 120_000)
  test('survives the death of its agent', () => inPairs(shortSeeds('agent', 2), proveSession('agent')), 120_000)
  test(
    'survives a death of its host, its agent or its database at any one write',
    () => inPairs(unlikeBoundaries('sqlite', 'postgres', 'filesystem'), proveBoundary),
    120_000,
  )
  test('takes nothing from a driver that lost its lease', () => proveLease(1), 120_000)
})

requires('linux', 'pid-namespace', 'redis').describe('a session in Redis', () => {
  const { test } = requires()
  test(
    'survives a death of its host, its agent or its database at any one write',
    () => inPairs(unlikeBoundaries('redis'), proveBoundary),
    120_000,
  )
})

afterAll(closeBoundaryServers)

requires('linux').describe('a ledger', () => {
  const { test } = requires()
  test('keeps its limits when those who spend are killed', () => inPairs([1, 2, 3], proveLedger), 120_000)
})

requires('linux').describe('a work tree', () => {
  const { test } = requires()
  test(
    'is restored byte for byte, also when the restore is killed',
    () =>
      inPairs(
        Array.from({ length: 6 }, (_, index) => index + 1),
        proveCheckpoints,
      ),
    120_000,
  )
})

requires('linux').describe('a rewind', () => {
  const { test } = requires()
  test(
    'has the files to the byte and the conversation to the message, also when it is killed',
    () => inPairs([3, 7], proveRewinds),
    120_000,
  )
})

requires('linux').describe('a hard budget', () => {
  const { test } = requires()
  test(
    'is not exceeded when gateways are killed in the middle of calls',
    () => inPairs([1, 2, 3], proveBudgets),
    120_000,
  )
})

async function inPairs(seeds: readonly number[], trial: (seed: number) => Promise<unknown>): Promise<void> {
  const waiting = [...seeds]
  const work = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      await trial(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error })
      })
    }
  }
  await Promise.all([work(), work()])
}
