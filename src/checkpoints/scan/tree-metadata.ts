import { z } from 'zod'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { TreeMode } from '../objects/git-object.ts'

const permissionsSchema = z.int().min(0).max(0o7777)

const metadataSchema = z.strictObject({
  /** Permission bits of the folder. */
  mode: permissionsSchema.optional(),
  /** Permission bits of files, by name. */
  modes: z.array(z.tuple([z.string(), permissionsSchema])).optional(),
})

/** The permission bits that a tree of git cannot express; most folders have none. */
export type TreeMetadata = z.infer<typeof metadataSchema>

export const usualDirectoryMode = 0o755
export const usualFileMode = (mode: TreeMode): number => (mode === '100755' ? 0o755 : 0o644)

/** Null when there is nothing to say. */
export function encodeMetadata({ mode, modes }: { mode: number; modes: [string, number][] }): Buffer | null {
  const metadata: TreeMetadata = {
    ...(mode === usualDirectoryMode ? {} : { mode }),
    ...(modes.length === 0 ? {} : { modes: modes.toSorted(([a], [b]) => (a < b ? -1 : 1)) }),
  }
  return Object.keys(metadata).length === 0 ? null : Buffer.from(JSON.stringify(metadata))
}

/** @throws {PerdureError} `checkpoint_invalid`. */
export function parseMetadata(data: Buffer): TreeMetadata {
  return parseStoredJson(metadataSchema, data)
}

/** JSON that a checkpoint holds. @throws {PerdureError} `checkpoint_invalid`. */
export function parseStoredJson<Value>(schema: z.ZodType<Value>, data: Buffer): Value {
  try {
    return schema.parse(JSON.parse(data.toString()))
  } catch (error) {
    throw new PerdureError('checkpoint_invalid', 'What a checkpoint says of itself cannot be read.', { cause: error })
  }
}
