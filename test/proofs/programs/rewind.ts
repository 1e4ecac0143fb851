// A process that rewinds a session, to be killed at one of its writes, or soon after the log has the rewind.
import { processRuntime } from '../../../src/compose/process-runtime.ts'
import { openSession, SqliteStorage, type StorageSource } from '../../../src/index.ts'
import type { WriteBoundary } from '../session-plan.ts'
import { withBoundary } from './with-boundary.ts'

export interface RewindTask {
  readonly sessionId: string
  readonly dataDirectory: string
  readonly to: number
  /** Milliseconds from the moment at which the log has the rewind: the files are being put back then. */
  readonly kill: WriteBoundary | { readonly afterMs: number } | null
}

const { sessionId, dataDirectory, to, kill } = JSON.parse(process.argv[2]!) as RewindTask

const die = (): void => void process.kill(process.pid, 'SIGKILL')

const storage: StorageSource = new SqliteStorage({ dataDirectory })
const session = await openSession(sessionId, { storage: killed(storage), dataDirectory })
if (kill !== null && 'afterMs' in kill) void dieWhileRestoring(kill.afterMs)
await session.rewind(to)
await processRuntime().close()
await storage.close()
process.exit(0)

function killed(source: StorageSource): StorageSource {
  if (kill === null || 'afterMs' in kill) return source
  return withBoundary(source, kill, async () => die())
}

async function dieWhileRestoring(afterMs: number): Promise<void> {
  const head = (await session.events()).length
  for await (const { type } of session.follow({ after: head })) {
    if (type === 'perdure.session_rewound') return void setTimeout(die, afterMs)
  }
}
