import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineFleet, type EngineUnderTest } from '../../src/testing/engine-fleet.ts'
import { PostgresServer } from '../../test/support/postgres-server.ts'
import { freshSchema } from '../../test/support/shared-postgres.ts'
import type { Row, Section } from '../report/section.ts'
import type { BenchSettings } from '../support/bench-settings.ts'

const capacity = { slots: 10, perTenant: 10 }
const tenants = 50

/** What the engines themselves can do: runs that do nothing. */
export async function measureEngines({ quick, scratch, progress }: BenchSettings): Promise<Section> {
  const server = await PostgresServer.start()
  try {
    const engines = [localEngine(scratch), dbosEngine(server)]
    const rows: Row[] = []
    for (const { engine, nodes } of engines.flatMap((under) =>
      under.nodes.map((count) => ({ ...under, nodes: count })),
    )) {
      progress(`${engine.name}, ${nodes} processes`)
      const name = `${engine.name}, ${nodes} ${nodes === 1 ? 'process' : 'processes'}`
      const { perSecond, pickUpMs } = await measure(engine, { nodes, runs: quick ? 20 : 500, singles: quick ? 5 : 60 })
      rows.push({
        what: 'submitted to ended, 500 at once, 50 tenants',
        unit: 'runs/s',
        perdure: { name, values: [perSecond] },
      })
      rows.push({ what: 'submitted to begun, one at a time', unit: 'ms', perdure: { name, values: pickUpMs } })
    }
    return {
      title: 'Engines',
      about:
        'Runs that do nothing, in processes with 10 slots each. Of the local engine one process works and the others would stand by; DBOS runs on a PostgreSQL that waits for no disk.',
      rows,
    }
  } finally {
    await server.close()
  }
}

async function measure(
  engine: EngineUnderTest,
  { nodes, runs, singles }: { nodes: number; runs: number; singles: number },
): Promise<{ perSecond: number; pickUpMs: number[] }> {
  const found = { perSecond: 0, pickUpMs: [] as number[] }
  await EngineFleet.using(engine, async (fleet) => {
    await fleet.nodes(nodes, capacity)
    const ids = Array.from({ length: runs }, (_, number) => `run-${number}`)
    const startedAtMs = Date.now()
    await Promise.all(ids.map((id, number) => fleet.submit(id, { tenant: `tenant-${number % tenants}` })))
    await fleet.until('all have ended', () => fleet.journal('ended').length === runs)
    const lastMs = Math.max(...fleet.journal('ended').map(({ atMs }) => atMs))
    found.perSecond = (runs / (lastMs - startedAtMs)) * 1_000
    for (let number = 0; number < singles; number++) {
      const id = `single-${number}`
      const submittedAtMs = Date.now()
      await fleet.submit(id)
      const began = () => fleet.journal('began').find((entry) => entry.id === id)
      await fleet.until('it has begun', () => began() !== undefined)
      found.pickUpMs.push(began()!.atMs - submittedAtMs)
      await delay(25)
    }
  })
  return found
}

const moduleOf = (name: string): string => new URL(`../../test/engines/${name}`, import.meta.url).href

const localEngine = (scratch: string) => ({
  nodes: [1],
  engine: {
    name: 'local',
    module: moduleOf('local-engine-place.ts'),
    takesFromFrozen: false,
    place: async () => {
      const place = await mkdtemp(join(scratch, 'engine-'))
      return { place, remove: () => rm(place, { recursive: true, force: true }) }
    },
  },
})

const dbosEngine = ({ url }: PostgresServer) => ({
  nodes: [1, 4],
  engine: {
    name: 'DBOS',
    module: moduleOf('dbos-engine-place.ts'),
    takesFromFrozen: true,
    place: async () => ({ place: JSON.stringify({ url, schema: freshSchema() }), remove: async () => {} }),
  },
})
