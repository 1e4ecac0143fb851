// Follows one session's log from a process of its own and says when it saw which event.
import type { SessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { say, givenTask } from '../support/program.ts'

export interface FollowTask {
  readonly dataDirectory: string
  readonly sessionId: SessionId
}

/** `atMs` is of the clock that all processes of a machine share. */
export interface SeenEvent {
  readonly sequence: number
  readonly atMs: number
}

export const sharedClockMs = (): number => Number(process.hrtime.bigint()) / 1e6

if (import.meta.main) await follow(givenTask() as FollowTask)

async function follow({ dataDirectory, sessionId }: FollowTask): Promise<void> {
  const storage = await openSqliteStorage({ dataDirectory })
  const stop = new AbortController()
  process.once('disconnect', () => stop.abort())
  const events = storage.workspace(defaultScope).events.subscribe(sessionId, { signal: stop.signal })
  for await (const { sequence } of events) say({ sequence, atMs: sharedClockMs() } satisfies SeenEvent)
  await storage.close()
}
