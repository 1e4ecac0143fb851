import type { SessionId } from '../../domain/ids.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import { openArchive } from './archive/read-archive.ts'
import { RenamedSession } from './renamed-session.ts'
import type { SessionPart } from './session-part.ts'
import { beginArrival } from './write-session.ts'

export interface ImportRequest {
  /** Of the archive. */
  readonly path: string
  /** The id that it gets; null: the one that it has. */
  readonly newId: SessionId | null
  /** Absolute path of the folder where its agent is to work; null: where it did. */
  readonly workingDirectory: string | null
}

export interface ImportedRecord {
  readonly record: SessionRecord
  /** False for an archive without transcripts: the session can be read, and not go on. */
  readonly canGoOn: boolean
}

/**
 * Brings a session from an archive, all of it or nothing. The archive is read twice: before anything is written, and to
 * write it; it is not there before the second reading has found it whole, too.
 * @throws {PerdureError} `archive_invalid`, `archive_too_new`, `session_exists`, `storage_failed`.
 */
export async function importSession(stores: WorkspaceStores, request: ImportRequest): Promise<ImportedRecord> {
  const { path, newId, workingDirectory } = request
  const head = await headOf(path)
  const { manifest, parts } = await openArchive(path)
  const { session, transcripts: canGoOn } = manifest
  const given: SessionRecord = {
    ...session,
    workingDirectory: workingDirectory ?? session.workingDirectory,
    ...(canGoOn ? {} : { status: 'terminated', agentSessionId: null }),
  }
  const renamed = newId === null ? null : new RenamedSession(given, { id: newId, head })
  try {
    const arrival = await beginArrival(stores, renamed?.record ?? given, { budgets: 'keep' })
    for await (const part of parts) {
      const placed = workingDirectory === null ? part : placedIn(part, workingDirectory)
      await arrival.write(renamed?.part(placed) ?? placed)
    }
    return { record: await arrival.complete(), canGoOn }
  } finally {
    await parts.return(undefined)
  }
}

/**
 * Where its files were is on the machine that it came from. Here that may be somebody else's folder, or that of the session
 * which it is a copy of: a rewind would put its files there.
 */
function placedIn(part: SessionPart, workingDirectory: string): SessionPart {
  if (part.type !== 'events') return part
  const placed = (event: LoggedEvent): LoggedEvent =>
    namesFolder.has(event.type) ? ({ ...event, working_directory: workingDirectory } as LoggedEvent) : event
  return { ...part, events: part.events.map(placed) }
}

const namesFolder: ReadonlySet<LoggedEvent['type']> = new Set([
  'perdure.checkpoint_saved',
  'perdure.session_rewound',
  'perdure.files_restored',
])

/** Reads all of an archive, and resolves to the number of its newest event. */
async function headOf(path: string): Promise<number> {
  const { parts } = await openArchive(path)
  let head = 0
  for await (const part of parts) head = headAfter(part) ?? head
  return head
}

const headAfter = (part: SessionPart): number | undefined =>
  part.type === 'events' ? part.events.at(-1)?.sequence : undefined
