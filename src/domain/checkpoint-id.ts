import { z } from 'zod'

/** A saved work tree, named by its content: the id of a git commit object. */
export const checkpointIdSchema = z
  .string()
  .regex(/^ckpt_[0-9a-f]{40}$/, 'not an id of the form ckpt_…')
  .brand<'CheckpointId'>()
export type CheckpointId = z.infer<typeof checkpointIdSchema>

/** The name of a pack: the hash of all that is in it. */
export const packNameSchema = z
  .string()
  .regex(/^pack-[0-9a-f]{40}$/, 'not a name of the form pack-…')
  .brand<'PackName'>()
export type PackName = z.infer<typeof packNameSchema>

export const checkpointIdOf = (commitId: string): CheckpointId => checkpointIdSchema.parse(`ckpt_${commitId}`)
export const commitIdOf = (checkpointId: CheckpointId): string => checkpointId.slice('ckpt_'.length)
