import { open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import { exportSession as exportFromStores } from '../../runtime/travel/export-session.ts'
import { ownerOfThisProcess } from '../../stores/leases/process-liveness.ts'
import { openWorkspace, type WorkspaceOptions } from '../open-workspace.ts'
import { leaseTtlMs } from '../run-agent.ts'
import { openSession } from '../open-session.ts'
import type { Session } from '../session.ts'

/** Where the session is kept is said for an id; a session that was opened knows it. */
export interface ExportOptions extends WorkspaceOptions {
  /** Whether its saved files go with it. Default: true. */
  readonly files?: boolean
  /**
   * For somebody to read: without the agent's transcripts and the files, which cannot be redacted, and without what looks
   * like a secret in the rest. What is imported from it can be read, and not go on. Default: false.
   */
  readonly redact?: boolean
}

/**
 * Writes a session with all that it needs to go on elsewhere into one file, a gzipped tar archive: its log, the agent's
 * transcripts, its saved files, what waits for it, what it cost and may cost. Secrets of the vault are not in it. The
 * session stays.
 * @param destination Path of the file, which is there once it is whole; or a stream, which is ended.
 * @throws {PerdureError} `lease_held` while it is driven; `session_not_found`, `storage_failed`.
 */
export async function exportSession(
  session: Session | string,
  destination: string | NodeJS.WritableStream,
  options: ExportOptions = {},
): Promise<void> {
  const { files = true, redact = false, ...workspaceOptions } = options
  const { id: sessionId, place } = typeof session === 'string' ? await openSession(session, workspaceOptions) : session
  const { stores } = await openWorkspace(place)
  await exportFromStores(stores, {
    sessionId,
    withFiles: files,
    isRedacted: redact,
    leaseOwner: ownerOfThisProcess,
    leaseTtlMs,
    keep: (archive) =>
      typeof destination === 'string' ? keepAsFile(archive, resolve(destination)) : pipeline(archive, destination),
  })
}

/** Under its name it is whole or not there. */
async function keepAsFile(archive: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  try {
    const file = await open(partial, 'wx', 0o600)
    await pipeline(archive, file.createWriteStream({ flush: true }))
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    if (PerdureError.is(error)) throw error
    throw new PerdureError('storage_failed', `The archive cannot be written to ${path}: ${(error as Error).message}`, {
      cause: error,
      hint: 'Check the folder and the disk, or give another file.',
    })
  }
}
