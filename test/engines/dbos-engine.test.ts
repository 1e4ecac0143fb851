import { afterAll, beforeAll } from 'vitest'
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
