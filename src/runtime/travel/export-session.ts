import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import { writeArchive } from './archive/write-archive.ts'
import { holdingSession, type HoldingOptions } from './holding-session.ts'
import { readAccounts, readHistory } from './read-session.ts'
import type { SessionPart } from './session-part.ts'

export interface ExportRequest extends HoldingOptions {
  readonly sessionId: SessionId
  /** Its checkpoints. */
  readonly withFiles: boolean
  /** Without transcripts and files, which cannot be redacted, and without what looks like a secret in the rest. */
  readonly isRedacted: boolean
  /** Takes the archive; resolves once it is kept. */
  readonly keep: (archive: AsyncIterable<Uint8Array>) => Promise<void>
}

/**
 * A session as an archive. It stays where it is, and is not driven meanwhile.
 * @throws {PerdureError} `lease_held` while it is driven; `session_not_found`, `storage_failed`.
 */
export async function exportSession(stores: WorkspaceStores, request: ExportRequest): Promise<void> {
  const { sessionId, withFiles, isRedacted, keep } = request
  await holdingSession(stores, sessionId, {
    ...request,
    work: async ({ requireHeld }) => {
      const record = await stores.sessions.get(sessionId)
      if (record === null) throw new PerdureError('session_not_found', `There is no session ${sessionId}.`)
      await stores.ledger.giveUpReservations(sessionId)
      const contents = { withTranscripts: !isRedacted, withFiles: withFiles && !isRedacted }
      const parts = async function* (): AsyncGenerator<SessionPart> {
        for await (const part of readHistory(stores, record, contents)) {
          requireHeld()
          yield part
        }
        yield* readAccounts(stores, sessionId)
      }
      await keep(
        writeArchive(record, parts(), {
          transcripts: contents.withTranscripts,
          files: contents.withFiles,
          redacted: isRedacted,
        }),
      )
    },
  })
}
