import { PerdureError } from '../../errors/perdure-error.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import { deleteExpired, deleteSession } from '../delete-sessions.ts'
import { openWorkspace, type WorkspaceOptions } from '../open-workspace.ts'

export interface PruneOptions extends WorkspaceOptions {
  /** Removes sessions that nothing has changed for so many milliseconds. */
  readonly olderThanMs?: number
  /** Only those with this tag. */
  readonly tag?: string
  /** Removes those whose time to live is over, whatever their tags. Default: false. */
  readonly expired?: boolean
  /** Removes nothing, and tells what it would. Default: false. */
  readonly dryRun?: boolean
  /** Hears of each session that is removed, or would be. */
  readonly onProgress?: (progress: PruneProgress) => void
}

export interface PruneProgress {
  readonly sessionId: string
  /** What the session was; null for one whose time was over. */
  readonly record: SessionRecord | null
  /** How many of how many. */
  readonly done: number
  readonly all: number
}

export interface PruneReport {
  readonly removed: readonly string[]
  /** Old enough, but driven by somebody. */
  readonly driven: readonly string[]
}

/** Removes sessions that are old or whose time is over; what they cost stays in the ledger. @throws {PerdureError} `invalid_request`. */
export async function pruneSessions(options: PruneOptions): Promise<PruneReport> {
  const { olderThanMs, tag, expired = false, dryRun = false, onProgress, ...workspaceOptions } = options
  if (olderThanMs === undefined && !expired) {
    throw new PerdureError('invalid_request', 'Nothing says which sessions are to go: give olderThanMs, or expired.')
  }
  const workspace = await openWorkspace(workspaceOptions)
  const { stores } = workspace
  const removed: string[] = []
  const driven: string[] = []
  if (expired && !dryRun) removed.push(...(await deleteExpired(workspace)))
  for (const [index, sessionId] of removed.entries()) {
    onProgress?.({ sessionId, record: null, done: index + 1, all: removed.length })
  }
  if (olderThanMs === undefined) return { removed, driven }
  const before = Date.now() - olderThanMs
  const old = (await stores.sessions.list(tag === undefined ? {} : { tag })).filter(
    ({ updatedAt }) => updatedAt.getTime() < before,
  )
  for (const [index, record] of old.entries()) {
    const isDriven = (await stores.leases.holder(record.id)) !== null || !(dryRun || (await isDeleted(record)))
    if (isDriven) driven.push(record.id)
    else removed.push(record.id)
    if (!isDriven) onProgress?.({ sessionId: record.id, record, done: index + 1, all: old.length })
  }
  return { removed, driven }

  /** False for one that somebody began to drive just now. */
  async function isDeleted({ id }: SessionRecord): Promise<boolean> {
    try {
      await deleteSession(workspace, id)
    } catch (error) {
      if (!PerdureError.is(error) || !['lease_held', 'session_not_found'].includes(error.code)) throw error
      return error.code === 'session_not_found'
    }
    return true
  }
}
