import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { EngineFleet, mostAtOnce, type EngineUnderTest } from './engine-fleet.ts'

export type { EngineUnderTest } from './engine-fleet.ts'

const timeoutMs = 180_000
const numbered = (count: number, prefix = 'run'): string[] => Array.from({ length: count }, (_, n) => `${prefix}-${n}`)

/** What every engine must keep. Its nodes are real processes, and some of them are killed. */
export function runEngineContract(engine: EngineUnderTest): void {
  const fleet = (work: (fleet: EngineFleet) => Promise<void>) => () => EngineFleet.using(engine, work)
  describe(`${engine.name}: the queue`, { timeout: timeoutMs }, () => queueContract(fleet))
  describe(`${engine.name}: limits`, { timeout: timeoutMs }, () => limitsContract(fleet))
  describe(`${engine.name}: cancelling`, { timeout: timeoutMs }, () => cancelContract(fleet))
  describe(`${engine.name}: schedules`, { timeout: timeoutMs }, () => scheduleContract(fleet))
  describe(`${engine.name}: ends of nodes`, { timeout: timeoutMs }, () => endsContract(engine, fleet))
}

type InFleet = (work: (fleet: EngineFleet) => Promise<void>) => () => Promise<void>

function queueContract(inFleet: InFleet): void {
  it(
    'runs what was submitted before and after a node came, once each, and tells what became of it',
    inFleet(async (fleet) => {
      await fleet.submit('early')
      await fleet.submit('early', { ms: 60_000 })
      expect(await fleet.engine.status('early')).toMatchObject({ status: 'queued', attempt: 0, endedAt: null })
      await fleet.node({ slots: 4, perTenant: 4 })
      await Promise.all([fleet.submit('late'), fleet.submit('late'), fleet.submit('odd', { kind: 'unheard-of' })])
      const runs = await fleet.ended('early', 'late', 'odd')
      expect(runs[0]).toMatchObject({
        id: 'early',
        tenant: 'a',
        kind: 'work',
        status: 'completed',
        attempt: 1,
        output: { attempt: 1 },
      })
      expect(runs[0]!.endedAt!.getTime()).toBeGreaterThanOrEqual(runs[0]!.submittedAt.getTime())
      expect(runs[2]).toMatchObject({ status: 'failed', error: { code: 'invalid_request' } })
      await fleet.submit('early')
      await fleet.submit('last')
      await fleet.ended('last')
      expect(
        fleet
          .journal('began')
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(['early', 'last', 'late'])
      expect((await fleet.engine.runs()).map(({ id }) => id)).toEqual(
        expect.arrayContaining(['early', 'last', 'late', 'odd']),
      )
      expect((await fleet.engine.runs({ status: 'failed' })).map(({ id }) => id)).toEqual(['odd'])
      expect(await fleet.engine.runs({ tenant: 'nobody' })).toEqual([])
      expect(await fleet.engine.status('nobody')).toBeNull()
    }),
  )

  it(
    'takes the smaller priority first, and what was submitted first among equals',
    inFleet(async (fleet) => {
      for (const [id, priority] of Object.entries({ b1: 50, c1: 200, b2: 50, a1: 1 }))
        await fleet.submit(id, { priority })
      await fleet.submit('usual')
      await fleet.node({ slots: 1, perTenant: 9 })
      await fleet.ended('a1', 'b1', 'b2', 'c1', 'usual')
      expect(fleet.journal('began').map(({ id }) => id)).toEqual(['a1', 'b1', 'b2', 'usual', 'c1'])
    }),
  )

  it(
    'begins nothing before its time',
    inFleet(async (fleet) => {
      await fleet.node({ slots: 2, perTenant: 2 })
      const startAt = new Date(Date.now() + 1_500)
      await fleet.submit('later', { startAt })
      await fleet.submit('now')
      await fleet.ended('now', 'later')
      const [began] = fleet.journal('began').filter(({ id }) => id === 'later')
      expect(began!.atMs).toBeGreaterThanOrEqual(startAt.getTime())
    }),
  )

  it(
    'refuses what it cannot keep',
    inFleet(async ({ engine }) => {
      const refused = { code: 'invalid_request' }
      await expect(engine.submit('work', null, { id: '', tenant: 'a' })).rejects.toMatchObject(refused)
      await expect(engine.submit('work', null, { id: 'x', tenant: '' })).rejects.toMatchObject(refused)
      await expect(engine.submit('work', null, { id: 'x', tenant: 'a', priority: 0.5 })).rejects.toMatchObject(refused)
      const schedule = { tenant: 'a', name: 's', kind: 'work', input: null }
      for (const cron of ['never', '0 0 31 2 *', '0 0 0 1 1 * 2020']) {
        await expect(engine.schedule({ ...schedule, cron })).rejects.toMatchObject(refused)
      }
      const longName = 'n'.repeat(290)
      await expect(engine.schedule({ ...schedule, cron: '* * * * *', name: longName })).rejects.toMatchObject(refused)
      await expect(engine.start({}, { slots: 0, perTenant: 1 })).rejects.toMatchObject(refused)
    }),
  )
}

function limitsContract(inFleet: InFleet): void {
  it(
    'never runs more of a tenant at once than allowed, over four processes',
    inFleet(async (fleet) => {
      await fleet.nodes(4, { slots: 6, perTenant: 2 })
      const ids = numbered(12).flatMap((id) => [`a-${id}`, `b-${id}`])
      // Each goes to the head of the queue, so that nodes see different heads.
      for (const [index, id] of ids.entries()) await fleet.submit(id, { ms: 150, tenant: id[0]!, priority: 90 - index })
      await fleet.until('both tenants are busy', async () => (await fleet.engine.active()).length === 2)
      for (const { count } of await fleet.engine.active()) expect(count).toBeLessThanOrEqual(2)
      await fleet.ended(...ids)
      expect(mostAtOnce(fleet.journal())).toEqual({ a: 2, b: 2 })
      expect(fleet.journal('ended')).toHaveLength(ids.length)
      expect(await fleet.engine.active()).toEqual([])
    }),
  )

  it(
    'begins no more of a tenant in a period than allowed, and lets others by',
    inFleet(async (fleet) => {
      const ratePerTenant = { count: 3, periodMs: 2_000 }
      await fleet.nodes(2, { slots: 10, perTenant: 10, ratePerTenant })
      const ids = numbered(7)
      await Promise.all([...ids.map((id) => fleet.submit(id)), fleet.submit('other', { tenant: 'b' })])
      await fleet.ended('other', ...ids)
      const times = fleet
        .journal('began')
        .filter(({ tenant }) => tenant === 'a')
        .map(({ atMs }) => atMs)
      // What begins, writes a moment later: one that was slow to write may come closer to the fourth after it.
      for (let n = 3; n < times.length; n++)
        expect(times[n]! - times[n - 3]!).toBeGreaterThan(ratePerTenant.periodMs / 2)
    }),
  )
}

function cancelContract(inFleet: InFleet): void {
  it(
    'takes what waits out of the queue, and ends what runs in another process',
    inFleet(async (fleet) => {
      await fleet.node({ slots: 1, perTenant: 1 })
      await fleet.submit('running', { ms: 600_000 })
      await fleet.until('it runs', () => fleet.journal('began').length === 1)
      await fleet.submit('waiting')
      await fleet.engine.cancel('waiting')
      await fleet.engine.cancel('running')
      await fleet.engine.cancel('unknown')
      await fleet.until('it was told', () => fleet.journal('aborted').length === 1)
      expect(fleet.journal('aborted')[0]).toMatchObject({ id: 'running', reason: 'cancelled' })
      await fleet.submit('next')
      const runs = await fleet.ended('running', 'waiting', 'next')
      expect(runs.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'completed'])
      await fleet.engine.cancel('next')
      expect(await fleet.engine.status('next')).toMatchObject({ status: 'completed' })
      expect(fleet.journal('began').map(({ id }) => id)).toEqual(['running', 'next'])
    }),
  )
}

function scheduleContract(inFleet: InFleet): void {
  it(
    'runs at each time once over several nodes, until it is taken back',
    inFleet(async (fleet) => {
      const schedule = { tenant: 'a', name: 'each second', cron: '* * * * * *', kind: 'work', input: { ms: 0 } }
      await fleet.engine.schedule({ ...schedule, cron: '0 0 1 1 *' })
      await fleet.engine.schedule(schedule)
      expect(await fleet.engine.schedules('a')).toEqual([schedule])
      expect(await fleet.engine.schedules('b')).toEqual([])
      await fleet.nodes(2, { slots: 2, perTenant: 4 })
      await fleet.until('it ran three times', () => fleet.journal('ended').length >= 3)
      await fleet.engine.unschedule('a', 'each second')
      expect(await fleet.engine.schedules()).toEqual([])
      const ids = fleet.journal('began').map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^a\/each second@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    }),
  )
}

function endsContract(engine: EngineUnderTest, inFleet: InFleet): void {
  it(
    'goes on elsewhere with what a killed node had begun: nothing is lost, nothing is finished twice',
    inFleet(async (fleet) => {
      const [first, second] = await fleet.nodes(2, { slots: 10, perTenant: 20 })
      const ids = numbered(30)
      await Promise.all(ids.map((id) => fleet.submit(id, { ms: 1_000 })))
      const of = (child: typeof first) => fleet.journal('began').filter(({ processId }) => processId === child!.pid)
      await fleet.until('a node has ten', () => of(first).length >= 10 || of(second).length >= 10)
      const victim = of(first).length >= 10 ? first! : second!
      victim.kill('SIGKILL')
      const runs = await fleet.ended(...ids)
      expect(runs.every(({ status }) => status === 'completed')).toBe(true)
      const ended = fleet.journal('ended').map(({ id }) => id)
      expect(ended.toSorted()).toEqual(ids.toSorted())
      const again = fleet.journal('began').filter(({ attempt }) => attempt > 1)
      expect(again.length).toBeGreaterThan(0)
      expect(again.every(({ attempt, processId }) => attempt === 2 && processId !== victim.pid)).toBe(true)
    }),
  )

  it(
    'a node that stops lets work end in its time, and hands the rest over',
    inFleet(async (fleet) => {
      const leaving = await fleet.node({ slots: 2, perTenant: 9, drainMs: 1_500 })
      await fleet.submit('short', { ms: 700 })
      await fleet.submit('long', { ms: 4_000 })
      await fleet.until('both run', () => fleet.journal('began').length === 2)
      const gone = once(leaving, 'exit')
      leaving.kill('SIGTERM')
      // A node takes its time to start: no part of that of the long run.
      await fleet.node({ slots: 2, perTenant: 9 })
      expect(await gone).toEqual([0, null])
      expect(fleet.journal('aborted')).toMatchObject([{ id: 'long', attempt: 1, reason: 'worker_stopped' }])
      const runs = await fleet.ended('short', 'long')
      expect(runs).toMatchObject([
        { status: 'completed', attempt: 1 },
        { status: 'completed', attempt: 2 },
      ])
      const ended = fleet.journal('ended').map(({ id, attempt }) => [id, attempt])
      expect(ended).toEqual([
        ['short', 1],
        ['long', 2],
      ])
    }),
  )

  if (engine.takesFromFrozen)
    it('takes the work of a frozen node, whose signal aborts when it wakes', inFleet(frozenNode))
  if (engine.restartServer) {
    const { restartServer } = engine
    it(
      'loses nothing when the server restarts',
      inFleet((fleet) => serverRestarts(fleet, restartServer)),
    )
  }
}

async function frozenNode(fleet: EngineFleet): Promise<void> {
  const capacity = { slots: 1, perTenant: 1, hungAfterMs: 4_000 }
  const frozen = await fleet.node(capacity)
  await fleet.submit('scribe', { kind: 'scribble' })
  await fleet.until('it writes', () => fleet.journal('wrote').length > 0)
  await fleet.node(capacity)
  frozen.kill('SIGSTOP')
  await fleet.until('another has it', () => fleet.journal('began').some(({ attempt }) => attempt === 2))
  frozen.kill('SIGCONT')
  const own = () => fleet.journal().filter(({ processId }) => processId === frozen.pid)
  await fleet.until('it is told', () => own().at(-1)!.what === 'aborted')
  expect(own().at(-1)).toMatchObject({ reason: 'lease_lost' })
  const written = own().length
  await fleet.engine.cancel('scribe')
  await fleet.until('the other is told', () => fleet.journal('aborted').some(({ attempt }) => attempt === 2))
  expect(own()).toHaveLength(written)
  expect(await fleet.ended('scribe')).toMatchObject([{ status: 'cancelled', attempt: 2 }])
  // It has joined again, under another name.
  await fleet.submit('after')
  await fleet.ended('after')
}

async function serverRestarts(fleet: EngineFleet, restart: () => Promise<void>): Promise<void> {
  await fleet.nodes(2, { slots: 5, perTenant: 20 })
  const ids = numbered(30)
  await Promise.all(ids.map((id) => fleet.submit(id, { ms: 800 })))
  await fleet.until('some run', () => fleet.journal('began').length >= 5)
  await restart()
  const runs = await fleet.ended(...ids)
  expect(runs.every(({ status }) => status === 'completed')).toBe(true)
  expect(new Set(fleet.journal('ended').map(({ id }) => id)).size).toBe(ids.length)
}
