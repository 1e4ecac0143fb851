import { checkpointAt, type CheckpointAt } from '../domain/checkpoint-at.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import { turnsBack } from '../domain/turns-back.ts'
import type { FileChange } from '../domain/work-tree.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { WorkTree } from '../ports/work-tree.ts'
import type { OpenWorkspace } from './open-workspace.ts'

export interface DiffOptions {
  /** An event: its sequence number (0 is the beginning) or its id. Default: the one before the last turn. */
  readonly from?: number | string
  /** Default: the newest event. */
  readonly to?: number | string
  /** At most so many files. Default: 1,000. */
  readonly limit?: number
  /** Also tells the changes of texts as unified diffs. */
  readonly patch?: boolean
}

/** Which files differ between two events of a session, as far as they were saved. */
export interface SessionDiff {
  readonly from: CheckpointAt
  readonly to: CheckpointAt
  readonly changes: readonly FileChange[]
  /** How many more there are. */
  readonly more: number
  /** Unified diffs of the texts, one after the other; null where it was not asked for. */
  readonly patch: string | null
}

export interface DiffRequest {
  readonly record: SessionRecord
  readonly events: readonly LoggedEvent[]
  readonly from: number | null
  readonly to: number | null
  readonly limit: number
  readonly patch: boolean
}

/** @throws {PerdureError} `invalid_request`, `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`. */
export async function diffSession(
  { workTrees }: Pick<OpenWorkspace, 'workTrees'>,
  { record, events, limit, patch, ...ends }: DiffRequest,
): Promise<SessionDiff> {
  const to = filesAt(events, ends.to ?? events.length)
  const from = filesAt(events, ends.from ?? turnsBack(events, 1) ?? 0)
  const tree = workTrees.open({ sessionId: record.id, root: record.workingDirectory })
  try {
    const { changes, more } = await tree.changes(from.checkpointId, to.checkpointId, { limit })
    return { from, to, changes, more, patch: patch ? await patchOf(tree, { from, to, changes }) : null }
  } finally {
    await tree.close()
  }
}

function filesAt(events: readonly LoggedEvent[], sequence: number): CheckpointAt {
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > events.length) {
    throw new PerdureError('invalid_request', `The session has no event ${sequence}: its newest is ${events.length}.`)
  }
  const found = checkpointAt(events, sequence)
  if (found !== null) return found
  throw new PerdureError('checkpoint_not_found', `No checkpoint says what the files were at event ${sequence}.`)
}

async function patchOf(
  tree: WorkTree,
  { from, to, changes }: Pick<SessionDiff, 'from' | 'to' | 'changes'>,
): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff')
  const patches: string[] = []
  for (const { type, path, from: oldPath = path, lines } of changes) {
    if (lines === null) {
      patches.push(`Binary files a/${oldPath} and b/${path} differ\n`)
      continue
    }
    const before = type === 'added' ? '' : ((await tree.readText(from.checkpointId, oldPath)) ?? '')
    const after = type === 'deleted' ? '' : ((await tree.readText(to.checkpointId, path)) ?? '')
    if (before === after) continue
    const names = [
      type === 'added' ? '/dev/null' : `a/${oldPath}`,
      type === 'deleted' ? '/dev/null' : `b/${path}`,
    ] as const
    const headers = { headerOptions: FILE_HEADERS_ONLY }
    patches.push(createTwoFilesPatch(...names, before, after, undefined, undefined, headers))
  }
  return patches.join('')
}
