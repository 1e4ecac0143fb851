import { join } from 'node:path'
import { sharedClockMs, type FollowTask, type SeenEvent } from '../programs/follow-log.ts'
import type { SessionId } from '../../src/domain/ids.ts'
import { fold, SqliteStorage, type WorkspaceStores } from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import type { Goal, Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import { openBareEventTable, type BareEventTable } from '../support/bare-event-table.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { durationOf } from '../support/duration-of.ts'
import { startProgram } from '../support/program.ts'
import { newSampleSession, sampleEvents, sampleMessage } from '../support/sample-session.ts'

/** The spine beside the least that `node:sqlite` could do with the same promise of durability. */
export async function measureEventLog(settings: BenchSettings): Promise<Section> {
  const dataDirectory = join(settings.scratch, 'log')
  const storage = new SqliteStorage({ dataDirectory })
  const stores = (await storage.open()).workspace(defaultScope)
  try {
    return {
      title: 'Event log',
      about:
        'SQLite, WAL, every commit synced to the disk. Bare: one table in `node:sqlite` with the same pragmas, and `JSON.parse` of what is read. The follower is another process; its delay counts from the acknowledged append.',
      rows: [
        ...(await measureAppends(stores, settings)),
        ...(await measureRebuilds(stores, settings)),
        await measureFollower(stores, { ...settings, dataDirectory }),
      ],
    }
  } finally {
    await storage.close()
  }
}

async function measureAppends(stores: WorkspaceStores, settings: BenchSettings): Promise<Row[]> {
  const { quick, scratch, progress } = settings
  const bare = openBareEventTable(join(scratch, 'bare-appends.db'))
  const sessionId = await newSampleSession(stores)
  const rows: Row[] = []
  for (const together of [1, 16, 64, 256]) {
    progress(`append, ${together} at once`)
    const rounds = quick ? 3 : together === 1 ? 300 : 40
    const goal: Goal = { of: 'median', atMost: together === 1 ? 0.2 : 0.05 }
    const what = together === 1 ? 'append of one event, alone' : `append, ${together} at once, for each`
    rows.push(await compareAppends({ stores, sessionId, bare }, { together, rounds, what, goal }))
  }
  bare.close()
  return rows
}

async function compareAppends(
  { stores, sessionId, bare }: { stores: WorkspaceStores; sessionId: SessionId; bare: BareEventTable },
  { together, rounds, what, goal }: { together: number; rounds: number; what: string; goal: Goal },
): Promise<Row> {
  const messages = () => Array.from({ length: together }, sampleMessage)
  const samples = await alternate(
    {
      bare: async () => {
        const events = messages()
        return durationOf(async () => bare.append(events.map((event) => JSON.stringify(event))))
      },
      perdure: async () => {
        const events = messages()
        return durationOf(() =>
          Promise.all(events.map((event) => stores.events.append(sessionId, [event], { fence: 0 }))),
        )
      },
    },
    { rounds },
  )
  const each = (values: readonly number[]): number[] => values.map((durationMs) => durationMs / together)
  return {
    what,
    unit: 'ms',
    bare: { name: together === 1 ? 'insert and commit' : 'one transaction', values: each(samples.bare) },
    perdure: { name: together === 1 ? '`append`' : 'as many `append`s', values: each(samples.perdure) },
    goal,
  }
}

async function measureRebuilds(stores: WorkspaceStores, { quick, scratch, progress }: BenchSettings): Promise<Row[]> {
  const rows: Row[] = []
  for (const count of [1_000, 10_000]) {
    progress(`rebuild of ${count} events`)
    const bare = openBareEventTable(join(scratch, `bare-${count}.db`))
    const sessionId = await newSampleSession(stores)
    const events = sampleEvents(count)
    bare.append(events.map((event) => JSON.stringify(event)))
    await stores.events.append(sessionId, events, { fence: 0 })
    const samples = await alternate(
      {
        bare: () => durationOf(async () => bare.read()),
        perdure: () => durationOf(async () => fold(await stores.events.read(sessionId))),
      },
      { rounds: quick ? 3 : 30 },
    )
    bare.close()
    rows.push({
      what: `rebuild of ${count.toLocaleString('en-US')} events`,
      unit: 'ms',
      bare: { name: 'select and parse', values: samples.bare },
      perdure: { name: '`read` and `fold`', values: samples.perdure },
      ...(count === 1_000 ? { goal: { of: 'median', atMost: 3 } as const } : {}),
    })
  }
  return rows
}

async function measureFollower(
  stores: WorkspaceStores,
  { quick, progress, dataDirectory }: BenchSettings & { dataDirectory: string },
): Promise<Row> {
  progress('follower in another process')
  const sessionId = await newSampleSession(stores)
  await stores.events.append(sessionId, [sampleMessage()], { fence: 0 })
  const follower = startProgram<SeenEvent>('follow-log.ts', {
    task: { dataDirectory, sessionId } satisfies FollowTask,
  })
  await follower.next()
  const delays: number[] = []
  for (let count = 0; count < (quick ? 5 : 100); count++) {
    // Not in step with whatever the follower does at intervals.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
    await stores.events.append(sessionId, [sampleMessage()], { fence: 0 })
    const acknowledgedAt = sharedClockMs()
    delays.push((await follower.next()).atMs - acknowledgedAt)
  }
  await follower.end()
  return {
    what: 'until a follower in another process has it',
    unit: 'ms',
    perdure: { name: '`subscribe`', values: delays },
    goal: { of: 'largest', atMost: 100 },
  }
}
