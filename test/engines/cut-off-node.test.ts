import { afterAll, beforeAll, expect, it } from 'vitest'
import { EngineFleet } from '../../src/testing/engine-fleet.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { freshSchema } from '../support/shared-postgres.ts'
import { SwitchedProxy } from '../support/switched-proxy.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(() => server.close())

it(
  'a node that is cut off from the database aborts its runs by itself, and joins again',
  { timeout: 120_000 },
  async () => {
    const url = new URL(server.url)
    const proxy = await SwitchedProxy.start(Number(url.port))
    url.port = String(proxy.port)
    const schema = freshSchema()
    const module = new URL('./dbos-engine-place.ts', import.meta.url).href
    const place = async () => ({
      place: JSON.stringify({ url: server.url, schema }),
      remove: async () => proxy.close(),
    })
    await EngineFleet.using({ name: 'DBOS', module, takesFromFrozen: true, place }, async (fleet) => {
      const capacity = { slots: 1, perTenant: 5 }
      const far = await fleet.node({ ...capacity, at: JSON.stringify({ url: url.href, schema }) })
      await fleet.submit('scribe', { kind: 'scribble' })
      await fleet.until('it writes', () => fleet.journal('wrote').length > 0)
      await fleet.node(capacity)
      proxy.cut()
      const own = () => fleet.journal().filter(({ processId }) => processId === far.pid)
      await fleet.until('it gives up', () => own().at(-1)!.what === 'aborted')
      expect(own().at(-1)).toMatchObject({ id: 'scribe', reason: 'lease_lost' })
      await fleet.until('the other goes on', () => fleet.journal('began').some(({ attempt }) => attempt === 2))
      proxy.mend()
      // The other one has no slot left.
      await fleet.submit('next')
      expect(await fleet.ended('next')).toMatchObject([{ status: 'completed', attempt: 1 }])
      expect(fleet.journal('began').at(-1)).toMatchObject({ id: 'next', processId: far.pid })
      await fleet.engine.cancel('scribe')
      expect(await fleet.ended('scribe')).toMatchObject([{ status: 'cancelled', attempt: 2 }])
    })
  },
)
