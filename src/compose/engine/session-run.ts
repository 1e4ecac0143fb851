import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { encodeBase32, runIdSchema, sessionIdSchema, type EventId, type SessionId } from '../../domain/ids.ts'
import { userContentSchema } from '../../domain/user-input.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import { newUserMessage } from '../../runtime/inputs.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'

/** The kind of runs that are one more turn of a session. */
export const sessionRunKind = 'session.run'

/** What the queue holds of such a run. */
export const sessionRunSchema = z.strictObject({
  organizationId: z.string().min(1),
  workspaceId: z.string().min(1),
  /** Null: a new session. */
  sessionId: sessionIdSchema.nullable(),
  content: userContentSchema,
  /** Of `runAgent`, as far as they are JSON. */
  options: z.record(z.string(), z.json()),
})
export type SessionRun = z.infer<typeof sessionRunSchema>

/** A tenant of the engine is a workspace. */
export const tenantOf = ({ organizationId, workspaceId }: Pick<SessionRun, 'organizationId' | 'workspaceId'>): string =>
  `${encodeURIComponent(organizationId)}/${encodeURIComponent(workspaceId)}`

/** Each workspace has names of its own for its runs; the engine has one queue for all. */
export const engineIdOf = (tenant: string, runId: string): string => `${tenant}/${runId}`
export const runIdOf = (tenant: string, engineId: string): string => engineId.slice(engineIdOf(tenant, '').length)

/** Where a run's words are. */
export interface SaidWords {
  readonly sessionId: SessionId
  readonly eventId: EventId
}

/**
 * Names follow from the id of the run: however often it is begun, its session is made once and its prompt said once.
 */
export function placeOfWords(run: SessionRun, runId: string): SaidWords {
  const isOurs = runIdSchema.safeParse(runId).success
  const body = isOurs ? runId.slice('run_'.length) : encodeBase32(digestOf(engineIdOf(tenantOf(run), runId)))
  return { sessionId: run.sessionId ?? (`sesn_${body}` as SessionId), eventId: `sevt_${body}` as EventId }
}

/** Makes the prompt durable in the session's inbox, and the session where it is new. @throws {PerdureError} `session_not_found`. */
export async function sayInSession(stores: WorkspaceStores, run: SessionRun, runId: string): Promise<SaidWords> {
  const place = placeOfWords(run, runId)
  if (run.sessionId === null) await createOnce(stores, run.options, place.sessionId)
  await stores.inbox.put(
    place.sessionId,
    { ...newUserMessage(run.content), id: place.eventId, perdure: { sdk_uuid: uuidOf(place.eventId) } },
    { priority: 'later' },
  )
  return place
}

async function createOnce({ sessions }: WorkspaceStores, options: RunAgentOptions, id: SessionId): Promise<void> {
  const { title = null, tags = [], metadata = {}, ttl = null, model = null, cwd = '.' } = options
  try {
    await sessions.create({
      id,
      title,
      tags,
      metadata,
      model,
      workingDirectory: resolve(cwd),
      parent: null,
      ttlSeconds: ttl,
    })
  } catch (error) {
    if (!PerdureError.is(error) || error.code !== 'session_exists') throw error
  }
}

const digestOf = (text: string): Uint8Array => createHash('sha256').update(text).digest().subarray(0, 16)

/** RFC 9562, version 8: of our own making. */
function uuidOf(text: string): string {
  const bytes = digestOf(`message ${text}`)
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
