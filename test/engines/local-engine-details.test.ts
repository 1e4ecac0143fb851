import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openLocalEngine } from '../../src/compose/engine/open-local-engine.ts'
import type { EngineCapacity, RunEngine, RunHandlers } from '../../src/ports/run-engine.ts'
import { scratchFolder } from '../support/scratch.ts'

const capacity: EngineCapacity = { slots: 4, perTenant: 4 }

async function opened(dataDirectory: string): Promise<RunEngine> {
  const engine = await openLocalEngine({ dataDirectory })
  onTestFinished(() => engine.stop({ drainMs: 0 }))
  return engine
}

/** Looks at the queue, or changes what no call can. */
function inDatabase(dataDirectory: string, sql: string): unknown[] {
  const database = new DatabaseSync(join(dataDirectory, 'engine.db'))
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20)
}

const counting = (begun: string[]): RunHandlers => ({
  work: async (_input, { id }) => {
    begun.push(id)
    return null
  },
})

describe('the engine of one machine', () => {
  it('makes up once for the times that passed while nobody was there', async () => {
    const place = scratchFolder()
    const engine = await opened(place)
    await engine.schedule({ tenant: 'a', name: 'hourly', cron: '0 * * * *', kind: 'work', input: null })
    const fiveHoursAgo = Math.floor(Date.now() / 3_600_000 - 5) * 3_600_000
    inDatabase(place, `update schedule set next_at_ms = ${fiveHoursAgo}`)
    const begun: string[] = []
    await engine.start(counting(begun), capacity)
    await until(() => begun.length > 0)
    await until(() => (inDatabase(place, 'select next_at_ms as at from schedule')[0] as { at: number }).at > Date.now())
    const lastHour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000)
    expect(begun).toEqual([`a/hourly@${lastHour.toISOString()}`])
  })

  it('forgets runs some time after their end, and then their ids are free again', async () => {
    const place = scratchFolder()
    const engine = await opened(place)
    const eightDaysAgo = Date.now() - 8 * 24 * 3_600_000
    for (const id of ['old', 'new']) await engine.submit('work', null, { id, tenant: 'a' })
    inDatabase(place, `update run set status = 'completed', ended_at_ms = ${Date.now()}`)
    inDatabase(place, `update run set ended_at_ms = ${eightDaysAgo} where id = 'old'`)
    const begun: string[] = []
    await engine.start(counting(begun), capacity)
    await until(async () => (await engine.status('old')) === null)
    for (const id of ['old', 'new']) await engine.submit('work', null, { id, tenant: 'a' })
    await until(async () => (await engine.status('old'))?.status === 'completed')
    expect(begun).toEqual(['old'])
  })

  it('asks for room before it takes a run', async () => {
    const engine = await opened(scratchFolder())
    let room = 1
    const begun: string[] = []
    const handlers: RunHandlers = {
      work: async (_input, { id, signal }) => {
        room -= 1
        begun.push(id)
        await delay(60_000, undefined, { signal })
        return null
      },
    }
    await engine.start(handlers, { ...capacity, hasRoom: () => room > 0 })
    await engine.submit('work', null, { id: 'first', tenant: 'a' })
    await engine.submit('work', null, { id: 'second', tenant: 'a' })
    await until(() => begun.length === 1)
    expect(await engine.status('second')).toMatchObject({ status: 'queued' })
    await engine.cancel('first')
    await until(async () => (await engine.status('first'))?.status === 'cancelled')
    expect(begun).toEqual(['first'])
    room = 1
    await until(() => begun.length === 2)
  })

  it('knows the rate of its predecessor, and gives up runs that take their owner with them again and again', async () => {
    const place = scratchFolder()
    const engine = await opened(place)
    const ratePerTenant = { count: 2, periodMs: 60_000 }
    const begun: string[] = []
    for (const id of ['one', 'two', 'three', 'deadly', 'unwanted'])
      await engine.submit('work', null, { id, tenant: 'a' })
    const now = Date.now()
    inDatabase(
      place,
      `update run set status = 'completed', started_at_ms = ${now}, ended_at_ms = ${now} where id in ('one', 'two')`,
    )
    inDatabase(place, `update run set status = 'running', attempt = 100 where id = 'deadly'`)
    inDatabase(place, `update run set status = 'running', is_cancel_wanted = 1 where id = 'unwanted'`)
    await engine.submit('work', null, { id: 'other', tenant: 'b' })
    await engine.start(counting(begun), { ...capacity, ratePerTenant })
    await until(() => begun.includes('other'))
    expect(begun).toEqual(['other'])
    expect(await engine.status('deadly')).toMatchObject({ status: 'failed', error: { code: 'agent_exited' } })
    expect(await engine.status('unwanted')).toMatchObject({ status: 'cancelled' })
  })

  it('refuses a database of a newer version', async () => {
    const place = scratchFolder()
    await (await openLocalEngine({ dataDirectory: place })).stop({ drainMs: 0 })
    inDatabase(place, 'pragma user_version = 99')
    await expect(openLocalEngine({ dataDirectory: place })).rejects.toMatchObject({ code: 'storage_schema_too_new' })
  })
})
