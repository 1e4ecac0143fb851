import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { emptySchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import { tenantFault } from './tenant-fault.ts'

/** Every statement that the contracts send, as it is sent. */
const statements = new Set<string>()
const send = pg.Client.prototype.query
beforeAll(() => {
  pg.Client.prototype.query = function (this: pg.Client, ...request: unknown[]) {
    const [first] = request as [string | { text: string }]
    statements.add(typeof first === 'string' ? first : first.text)
    return Reflect.apply(send, this, request)
  } as typeof send
})
afterAll(() => {
  pg.Client.prototype.query = send
})

storageContract({
  open: async (options) =>
    openPostgresStorage({ url: await sharedPostgresUrl(), schema: await emptySchema(), ...options }),
})

it('every statement of the contracts names the tenant for each of its tables', () => {
  const sent = [...statements].filter((sql) => /^(select|insert|update|delete|with) /i.test(sql.trim()))
  expect(sent.length).toBeGreaterThan(80)
  expect(sent.flatMap((sql) => tenantFault(sql) ?? [])).toEqual([])
})
