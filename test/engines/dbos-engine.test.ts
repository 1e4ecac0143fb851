import { afterAll, beforeAll, expect, it } from 'vitest'
import { DbosEngine } from '../../src/engines/dbos/dbos-engine.ts'
import { runEngineContract } from '../../src/testing/run-engine-contract.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { freshSchema } from '../support/shared-postgres.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(() => server.close())

runEngineContract({
  name: 'DBOS engine',
  module: new URL('./dbos-engine-place.ts', import.meta.url).href,
  takesFromFrozen: true,
  place: async () => ({
    place: JSON.stringify({ url: server.url, schema: freshSchema() }),
    remove: async () => {},
  }),
  restartServer: async () => {
    await server.kill()
    await server.start()
  },
})

it('is made by one of those that open it at the same time', { timeout: 60_000 }, async () => {
  const place = { url: server.url, schema: freshSchema() }
  const engines = await Promise.all(Array.from({ length: 4 }, () => DbosEngine.open(place)))
  await engines[0]!.submit('work', null, { id: 'x', tenant: 'a' })
  expect(await engines[3]!.status('x')).toMatchObject({ status: 'queued' })
  await Promise.all(engines.map((engine) => engine.stop({ drainMs: 0 })))
})
