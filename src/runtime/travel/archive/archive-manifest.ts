import { z } from 'zod'
import { sessionIdSchema } from '../../../domain/ids.ts'
import { eventSchemaVersion } from '../../../domain/session-event.ts'
import type { SessionRecord } from '../../../ports/session-records.ts'

/** The format of archives that this version writes, and the newest that it reads. */
export const archiveVersion = 1

/** Where it stands in the archive: first, so that a reader knows what follows. */
export const manifestName = 'manifest.json'
/** Last, in the form of `sha256sum`: a line for every file before it. */
export const checksumsName = 'SHA256SUMS'

const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

const recordSchema = z.strictObject({
  id: sessionIdSchema,
  title: z.string().nullable(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  workingDirectory: z.string(),
  model: z.string().nullable(),
  parent: z.strictObject({ sessionId: sessionIdSchema, atSequence: z.number().int().nonnegative() }).nullable(),
  ttlSeconds: z.number().positive().nullable(),
  createdAt: date,
  updatedAt: date,
  expiresAt: date.nullable(),
  agentSessionId: z.string().nullable(),
  status: z.enum(['rescheduling', 'running', 'idle', 'terminated']),
}) satisfies z.ZodType<SessionRecord>

/** What every version of the format has. */
export const formatSchema = z.looseObject({
  format: z.literal('perdure-session'),
  version: z.number().int().positive(),
  event_schema_version: z.number().int().positive(),
})

export const manifestSchema = z.strictObject({
  format: z.literal('perdure-session'),
  version: z.literal(archiveVersion),
  event_schema_version: z.number().int().positive().max(eventSchemaVersion),
  exported_at: z.string(),
  /** Whether the agent's transcripts are in it: without them the session can be read, and not go on. */
  transcripts: z.boolean(),
  /** Whether its checkpoints are in it. */
  files: z.boolean(),
  redacted: z.boolean(),
  session: recordSchema,
})

export type ArchiveManifest = z.infer<typeof manifestSchema>
