import type { CheckpointId, PackName } from '../../domain/checkpoint-id.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord } from '../../ports/checkpoint-store.ts'
import { diffCheckpoints, type CheckpointDiff } from '../compare/diff-checkpoints.ts'
import { readText } from '../compare/read-text.ts'
import { describeCheckpoint, type CheckpointDescription } from '../describe-checkpoint.ts'
import { readRestoreJournal, type RestoreJournal } from '../restore/restore-journal.ts'
import {
  rehearseRestore,
  restoreCheckpoint,
  type RestoreRequest,
  type RestoredCheckpoint,
} from '../restore/restore-checkpoint.ts'
import { saveCheckpoint, type SavedCheckpoint, type SaveRequest } from '../save-checkpoint.ts'
import { acceptCheckpoint, recordOfCheckpoint } from '../travel/checkpoint-record.ts'
import { importPack } from '../travel/import-pack.ts'
import type { WorkTree } from '../work-tree.ts'

/** What the thread of a work tree can be asked for. */
export interface Operations {
  save(request: SaveRequest): SaveAnswer
  restore(request: Omit<RestoreRequest, 'beforeChange'>): RestoredCheckpoint
  rehearse(request: Omit<RestoreRequest, 'beforeChange'>): SaveAnswer
  unfinishedRestore(request: null): RestoreJournal | null
  diff(request: { before: CheckpointId; after: CheckpointId; limit: number }): CheckpointDiff
  readText(request: { id: CheckpointId; path: string }): string | null
  describe(id: CheckpointId): CheckpointDescription
  has(id: CheckpointId): boolean
  record(id: CheckpointId): CheckpointRecord
  hasPack(name: PackName): boolean
  readPack(name: PackName): Uint8Array<ArrayBuffer>
  fileOfPack(name: PackName): string
  importPack(request: { name: PackName; bytes: Uint8Array<ArrayBuffer>; maxInflatedBytes: number }): void
  accept(id: CheckpointId): void
}

/** More would keep the asking thread busy. */
const mostLeftOut = 1000

export interface SaveAnswer extends Pick<
  SavedCheckpoint,
  'id' | 'isUnchanged' | 'filesSeen' | 'filesRead' | 'leftOut'
> {
  readonly leftOutCount: number
}

export const createOperations = (tree: WorkTree): Operations => ({
  save: (request) => {
    refuseUnfinished(tree)
    return answerOf(saveCheckpoint(tree, request))
  },
  restore: (request) => {
    tree.makeRoot()
    return restoreCheckpoint(tree, request)
  },
  rehearse: (request) => {
    tree.makeRoot()
    return answerOf(rehearseRestore(tree, request))
  },
  unfinishedRestore: () => readRestoreJournal(tree.folder) ?? null,
  diff: (request) => diffCheckpoints(tree, request),
  readText: (request) => readText(tree, request),
  describe: (id) => describeCheckpoint(tree, id),
  has: (id) => tree.has(id),
  record: (id) => recordOfCheckpoint(tree, id),
  hasPack: (name) => tree.store.hasPack(name),
  // A copy with a buffer of its own, which can be handed over to another thread.
  readPack: (name) => Uint8Array.from(tree.store.readPack(name)),
  fileOfPack: (name) => tree.store.fileOfPack(name),
  importPack: ({ name, bytes, maxInflatedBytes }) =>
    importPack(tree.store, { name, pack: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), maxInflatedBytes }),
  accept: (id) => acceptCheckpoint(tree, id),
})

function answerOf({ id, isUnchanged, filesSeen, filesRead, leftOut }: SavedCheckpoint): SaveAnswer {
  const counts = { filesSeen, filesRead, leftOutCount: leftOut.length }
  return { id, isUnchanged, ...counts, leftOut: leftOut.slice(0, mostLeftOut) }
}

/** A mixture of two checkpoints is nobody's turn. */
function refuseUnfinished({ folder }: WorkTree): void {
  const journal = readRestoreJournal(folder)
  if (journal === undefined) return
  throw new PerdureError('checkpoint_unfinished', 'A restore of this work tree was interrupted.', {
    details: { target: journal.target, safety: journal.safety },
  })
}
