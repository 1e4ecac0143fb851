import { resolve } from 'node:path'
import { newSessionId } from '../../domain/ids.ts'
import { importSession as importIntoStores } from '../../runtime/travel/import-session.ts'
import { openWorkspace, type WorkspaceOptions } from '../open-workspace.ts'
import { Session } from '../session.ts'

export interface ImportOptions extends WorkspaceOptions {
  /**
   * Gives it a new id, so that it can be beside the session that it was exported from. It is a fork of that one: if there is
   * a budget on it, both share it. Default: false.
   */
  readonly asNew?: boolean
  /** Folder where its agent is to work; its first run restores the files there, if there is nothing. Default: where it did. */
  readonly into?: string
}

export interface ImportedSession {
  readonly session: Session
  /** False for a redacted archive: the session can be read, and not go on. */
  readonly canGoOn: boolean
}

/**
 * Brings a session from a file that `exportSession` wrote. The whole file is checked before anything of it is written, and
 * the session is there once all of it is.
 * @throws {PerdureError} `archive_invalid`, `archive_too_new`; `session_exists` when it is here already; `storage_failed`.
 */
export async function importSession(path: string, options: ImportOptions = {}): Promise<ImportedSession> {
  const { asNew = false, into, ...workspaceOptions } = options
  const { stores } = await openWorkspace(workspaceOptions)
  const { record, canGoOn } = await importIntoStores(stores, {
    path: resolve(path),
    newId: asNew ? newSessionId() : null,
    workingDirectory: into === undefined ? null : resolve(into),
  })
  return { session: new Session(record, { stores, options: workspaceOptions }), canGoOn }
}
