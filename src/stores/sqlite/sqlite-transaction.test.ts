import { Kysely } from 'kysely'
import { expect, it } from 'vitest'
import type { Tables } from '../sql/schema.ts'
import { WriteQueue } from '../sql/write-queue.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteDialect } from './sqlite-dialect.ts'
import { transactOn } from './sqlite-transaction.ts'

async function openQueue() {
  const connection = await SqliteConnection.open({ file: ':memory:', busyTimeoutMs: 100 })
  await connection.execute(
    'create table blob (organization_id text, workspace_id text, hash text unique, content text)',
  )
  const statements: string[] = []
  const execute = connection.execute.bind(connection)
  connection.execute = (sql, parameters) => {
    statements.push(sql)
    return execute(sql, parameters)
  }
  const queue = new WriteQueue(transactOn(connection, new Kysely<Tables>({ dialect: new SqliteDialect(connection) })))
  const put = (hash: string) =>
    queue.run(async (transaction) => {
      const row = { organization_id: 'o', workspace_id: 'w', hash, content: '' }
      await transaction.insertInto('blob').values(row).execute()
      return hash
    })
  const stored = async () =>
    (await execute('select hash from blob order by hash')).rows.map((row) => (row as { hash: string }).hash)
  return { queue, put, stored, count: (sql: string) => statements.filter((statement) => statement === sql).length }
}

it('puts what waits at the same time into one transaction', async () => {
  const { put, stored, count } = await openQueue()
  expect(await Promise.all(['a', 'b', 'c'].map(put))).toEqual(['a', 'b', 'c'])
  expect(await stored()).toEqual(['a', 'b', 'c'])
  expect([count('begin immediate'), count('commit')]).toEqual([1, 1])
})

it('refuses only the job that fails, and keeps the order of the others', async () => {
  const { put, stored, count } = await openQueue()
  const settled = await Promise.allSettled(['a', 'b', 'a', 'c'].map(put))
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(settled[2]).toMatchObject({ reason: { code: 'storage_failed' } })
  expect(await stored()).toEqual(['a', 'b', 'c'])
  expect([count('begin immediate'), count('rollback'), count('commit')]).toEqual([5, 2, 3])
})

it('bounds the size of a transaction', async () => {
  const { put, stored, count } = await openQueue()
  await Promise.all(Array.from({ length: 600 }, (_, index) => put(String(index))))
  expect(await stored()).toHaveLength(600)
  expect(count('commit')).toBe(3)
})

it('finishes what waits when it closes, and takes no more', async () => {
  const { queue, put, stored } = await openQueue()
  const waiting = [put('a'), put('b')]
  await queue.close()
  expect(await stored()).toEqual(['a', 'b'])
  await Promise.all(waiting)
  await expect(put('c')).rejects.toMatchObject({ code: 'storage_failed' })
})
