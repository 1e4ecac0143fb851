import { join } from 'node:path'
import type { SessionId } from '../../src/domain/ids.ts'
import { fold, openSession, SqliteStorage, type WorkspaceStores } from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import type { Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { durationOf } from '../support/duration-of.ts'
import { startOpenHandsLog, type OpenHandsLog } from '../support/openhands-log.ts'
import { newSampleSession, sampleMessage, sampleText } from '../support/sample-session.ts'

interface Logs {
  readonly peer: OpenHandsLog
  readonly stores: WorkspaceStores
  readonly storage: SqliteStorage
  readonly scratch: string
}

/** The spine beside the event log of OpenHands' SDK, which also syncs each event to the disk. */
export async function measureEventLogs({ quick, scratch, progress }: BenchSettings): Promise<Section> {
  const storage = new SqliteStorage({ dataDirectory: join(scratch, 'logs') })
  const stores = (await storage.open()).workspace(defaultScope)
  const peer = startOpenHandsLog()
  const logs: Logs = { peer, stores, storage, scratch }
  try {
    progress('append')
    const rows: Row[] = [await measureAppend(logs, quick ? 3 : 200)]
    for (const count of quick ? [100] : [100, 1_000, 10_000]) {
      progress(`${count} events`)
      rows.push(...(await measureReading(logs, { count, rounds: quick ? 2 : 20 })))
    }
    return {
      title: 'Event log beside OpenHands',
      about:
        'The same text in every event, one after the other, SQLite here and a file for each event there; both sync each append to the disk. Times of OpenHands are taken in its own process, without the way there.',
      rows,
    }
  } finally {
    await peer.end()
    await storage.close()
  }
}

async function measureAppend({ peer, stores, scratch }: Logs, rounds: number): Promise<Row> {
  const sessionId = await newSampleSession(stores)
  const samples = await alternate(
    {
      bare: () => peer.ask('append', join(scratch, 'appended'), sampleText),
      perdure: () => durationOf(() => stores.events.append(sessionId, [sampleMessage()], { fence: 0 })),
    },
    { rounds },
  )
  return {
    what: 'append of one event, alone',
    unit: 'ms',
    bare: { name: 'OpenHands', values: samples.bare },
    perdure: { name: '`append`', values: samples.perdure },
  }
}

async function measureReading(logs: Logs, { count, rounds }: { count: number; rounds: number }): Promise<Row[]> {
  const { peer, stores, storage, scratch } = logs
  const folder = join(scratch, `of-${count}`)
  await peer.ask('fill', folder, String(count), sampleText)
  const sessionId = await newSampleSession(stores)
  await stores.events.append(sessionId, Array.from({ length: count }, sampleMessage), { fence: 0 })
  const sides = await alternate(
    {
      replay: () => peer.ask('replay', folder),
      rebuild: () => durationOf(async () => fold(await stores.events.read(sessionId))),
      recover: () => peer.ask('recover', folder),
      resume: () => durationOf(() => takeUp(sessionId, storage)),
    },
    { rounds },
  )
  const events = `${count.toLocaleString('en-US')} events`
  const row = (what: string, bare: readonly number[], own: { name: string; values: readonly number[] }): Row => ({
    what: `${what} ${events}`,
    unit: 'ms',
    bare: { name: 'OpenHands', values: bare },
    perdure: own,
  })
  return [
    row('rebuild of', sides.replay, { name: '`read` and `fold`', values: sides.rebuild }),
    row('recovery after a crash,', sides.recover, { name: '`session.resume`', values: sides.resume }),
  ]
}

/** Theirs looks for calls without a result; ours also takes the lease and closes what was left open. */
async function takeUp(sessionId: SessionId, storage: SqliteStorage): Promise<void> {
  await (await openSession(sessionId, { storage })).resume()
}
