import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { checkpointIdSchema } from '../../domain/checkpoint-id.ts'
import { syncFolder, writeDurably } from '../objects/write-durably.ts'
import { parseStoredJson } from '../scan/tree-metadata.ts'

const journalSchema = z.strictObject({
  target: checkpointIdSchema,
  /** The work tree as it was before the first attempt. */
  safety: checkpointIdSchema,
  git: z.enum(['keep', 'restore', 'exact']),
})

/** A restore that has begun and not ended: the work tree is between two checkpoints. */
export type RestoreJournal = z.infer<typeof journalSchema>

const fileIn = (folder: string): string => join(folder, 'restore-journal.json')

export function readRestoreJournal(folder: string): RestoreJournal | undefined {
  const file = fileIn(folder)
  return existsSync(file) ? parseStoredJson(journalSchema, readFileSync(file)) : undefined
}

export const writeRestoreJournal = (folder: string, journal: RestoreJournal): void =>
  writeDurably(fileIn(folder), JSON.stringify(journal))

export function clearRestoreJournal(folder: string): void {
  rmSync(fileIn(folder), { force: true })
  syncFolder(dirname(fileIn(folder)))
}
