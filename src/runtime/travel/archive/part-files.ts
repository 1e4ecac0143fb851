import { createHash } from 'node:crypto'
import { z } from 'zod'
import { budgetScopes, budgetWindows } from '../../../domain/budget.ts'
import { checkpointIdSchema, packNameSchema, type PackName } from '../../../domain/checkpoint-id.ts'
import { eventIdSchema, runIdSchema, sessionIdSchema } from '../../../domain/ids.ts'
import type { LoggedEvent } from '../../../domain/session-event.ts'
import type { SessionPart } from '../session-part.ts'

/** A file of an archive. */
export interface PartFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const amount = z
  .string()
  .regex(/^-?\d+$/, 'not an amount')
  .transform(BigInt)
const count = z.number().int().nonnegative()

const eventSchema = z
  .looseObject({ id: z.string(), type: z.string(), sequence: z.number().int().positive() })
  .transform((event) => event as unknown as LoggedEvent)

const transcriptKeySchema = z
  .strictObject({ agent_session_id: z.string().min(1), subpath: z.string().min(1).optional() })
  .transform(({ agent_session_id: agentSessionId, subpath }) =>
    subpath === undefined ? { agentSessionId } : { agentSessionId, subpath },
  )

const checkpointSchema = z
  .strictObject({
    id: checkpointIdSchema,
    parent: checkpointIdSchema.optional(),
    packs: z.array(packNameSchema),
    createdAt: z.iso.datetime(),
  })
  .transform(({ parent, ...record }) => (parent === undefined ? record : { ...record, parent }))

const budgetSchema = z.strictObject({
  scope: z.enum(budgetScopes),
  id: z.string().min(1),
  window: z.enum(budgetWindows),
  limitNanoUsd: amount,
  mode: z.enum(['hard', 'soft']),
  thresholds: z.array(z.number().min(0).max(1)),
})

const callSchema = z.strictObject({
  thread: z.string().nullable(),
  tags: z.array(z.string()),
  kind: z.enum(['turn', 'side', 'compaction']),
  upstream: z.string(),
  model: z.string(),
  messageId: z.string().nullable(),
  requestId: z.string().nullable(),
  usage: z.strictObject({
    inputTokens: count,
    outputTokens: count,
    cacheReadInputTokens: count,
    cacheWrite5mInputTokens: count,
    cacheWrite1hInputTokens: count,
    webSearchRequests: count,
    speed: z.enum(['standard', 'fast']),
    inferenceGeo: z.literal('us').nullable(),
  }),
  listCostNanoUsd: amount,
  certainty: z.enum(['known', 'estimated', 'unpriced']),
  firstTokenMs: z.number().nullable(),
  durationMs: z.number(),
})

const ledgerEntrySchema = z.strictObject({
  id: z.string().min(1),
  countedAtMs: count,
  account: z.strictObject({
    runId: runIdSchema,
    sessionId: sessionIdSchema,
    forkedFrom: z.array(sessionIdSchema),
    userId: z.string().nullable(),
  }),
  costNanoUsd: amount.refine((value) => value >= 0n, 'a cost below zero'),
  presumedNanoUsd: amount,
  isDuplicate: z.boolean(),
  isOverrun: z.boolean(),
  call: callSchema.nullable(),
})

const waitingSchema = z
  .strictObject({
    priority: z.enum(['now', 'next', 'later']),
    input: z.looseObject({
      id: eventIdSchema,
      type: z.enum(['user.message', 'user.interrupt', 'user.tool_confirmation']),
    }),
  })
  .transform(({ priority, input }) => ({ priority, input: input as unknown as WaitingEvent }))

type WaitingEvent = Extract<SessionPart, { type: 'inbox' }>['waiting'][number]['input']

const lines = (values: readonly unknown[]): Uint8Array =>
  Buffer.from(values.map((value) => `${JSON.stringify(value, withoutBigint)}\n`).join(''))

const withoutBigint = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** Gives each part its place in an archive. Files are read back in the order in which they stand there. */
export function createFileNamer(): (part: SessionPart) => PartFile {
  let number = 0
  const next = (folder: string): string => `${folder}/${String(++number).padStart(6, '0')}`
  return (part) => {
    switch (part.type) {
      case 'events':
        return { name: `${next('events')}.ndjson`, bytes: lines(part.events) }
      case 'transcript': {
        const { agentSessionId, subpath } = part.key
        const key = { agent_session_id: agentSessionId, subpath }
        return { name: `${next('transcripts')}.ndjson`, bytes: lines([key, ...part.entries]) }
      }
      case 'pack':
        return { name: `packs/${part.name}.pack`, bytes: part.bytes }
      case 'checkpoint':
        return { name: `checkpoints/${part.checkpoint.id}.json`, bytes: lines([part.checkpoint]) }
      case 'budgets':
        return { name: 'budgets.ndjson', bytes: lines(part.budgets) }
      case 'ledger':
        return { name: `${next('ledger')}.ndjson`, bytes: lines(part.entries) }
      case 'inbox':
        return { name: 'inbox.ndjson', bytes: lines(part.waiting) }
    }
  }
}

/** Null for a file that is no part of a session. @throws {Error} when it does not hold what its name says. */
export function partOfFile({ name, bytes }: PartFile): SessionPart | null {
  const [folder = '', file = ''] = name.split('/')
  switch (folder) {
    case 'events':
      return { type: 'events', events: parseLines(bytes, eventSchema) }
    case 'transcripts': {
      const [key, ...entries] = parseLines(bytes, z.unknown())
      return {
        type: 'transcript',
        key: transcriptKeySchema.parse(key),
        entries: entries.map((entry) => z.record(z.string(), z.unknown()).parse(entry)),
      }
    }
    case 'packs':
      return { type: 'pack', name: nameOfPack(file, bytes), bytes }
    case 'checkpoints':
      return { type: 'checkpoint', checkpoint: checkpointSchema.parse(parseLines(bytes, z.unknown())[0]) }
    case 'budgets.ndjson':
      return { type: 'budgets', budgets: parseLines(bytes, budgetSchema) }
    case 'ledger':
      return { type: 'ledger', entries: parseLines(bytes, ledgerEntrySchema) }
    case 'inbox.ndjson':
      return { type: 'inbox', waiting: parseLines(bytes, waitingSchema) }
    default:
      return null
  }
}

/** Line by line, so that the first that is none ends it: what an archive inflates to has hardly a limit. */
function parseLines<Value>(bytes: Uint8Array, schema: z.ZodType<Value>): Value[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const values: Value[] = []
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end === -1) throw new Error('The last line has no end.')
    values.push(schema.parse(JSON.parse(text.toString('utf8', start, end))))
  }
  return values
}

const hashBytes = 20

/**
 * A pack ends with the hash of all before it, and that is its name. Under the name of another it would be taken for that
 * one by every session of the workspace.
 */
function nameOfPack(file: string, pack: Uint8Array): PackName {
  const name = packNameSchema.parse(file.replace(/\.pack$/, ''))
  const hash = createHash('sha1').update(pack.subarray(0, -hashBytes)).digest('hex')
  const isItself = name === `pack-${hash}` && Buffer.from(pack.subarray(-hashBytes)).toString('hex') === hash
  if (!isItself) throw new Error(`What is in ${file} has another name.`)
  return name
}
