import { z } from 'zod'

/** The version that is written; a newer one is refused. */
export const cassetteVersion = 1

/** Name of a file in `bodies/`: the first 128 bits of the SHA-256 of what it holds, and what that is. */
const bodyName = z.string().regex(/^[0-9a-f]{32}\.(json|txt|sse|bin)$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** First line: what was recorded, so that a replay can start the same run and check it. */
export const headerLine = z.object({
  type: z.literal('cassette'),
  version: z.number().int().positive(),
  recordedAt: z.string(),
  /** `user-agent` of the agent: versions of its binary and of the Agent SDK. */
  agent: z.string().nullable(),
  model: z.string().nullable(),
  /** Which features of the API the recorded service knew: agents ask by it. */
  betas: z.enum(['all', 'stable']),
  /** The run that was recorded, where Perdure started it. */
  run: z
    .object({
      prompt: z.unknown(),
      /** Options of the agent that can be written down and matter to what it asks. */
      options: z.record(z.string(), z.unknown()),
      /** Options that were given and cannot be written down: functions, servers in this process, environments. */
      unrecorded: z.array(z.string()),
    })
    .nullable(),
})

/** `complete`: all bytes came. `cut`: the connection broke after them. `hung_up`: the agent wanted no more. */
const answerEnd = z.enum(['complete', 'cut', 'hung_up'])

export const exchangeLine = z.object({
  type: z.literal('exchange'),
  /** `main`, `main-2` for a second conversation, `agent-<key>` for a sub-agent, `side-<key>` beside the conversation. */
  thread: z.string(),
  /** Order within the thread, from 1. */
  index: z.number().int().positive(),
  /** Method and path: `POST /v1/messages`. */
  request: z.string(),
  /** SHA-256 of the normalised request: the matching key. */
  key: sha256,
  /** The normalised request, cut into parts. Null where there was no body. */
  body: bodyName.nullable(),
  /** Null: there was no answer, and `failure` says why. */
  answer: z
    .object({
      status: z.number().int(),
      headers: z.record(z.string(), z.string()),
      body: bodyName,
      end: answerEnd,
    })
    .nullable(),
  failure: z.string().optional(),
})

/** A tool call and its result. */
export const toolLine = z.object({
  type: z.literal('tool'),
  thread: z.string(),
  index: z.number().int().positive(),
  toolUseId: z.string(),
  name: z.string(),
  /** These three are cut into parts as requests are; what is small stands here. */
  input: z.unknown(),
  content: z.unknown(),
  isError: z.boolean(),
  structured: z.unknown().optional(),
  /** The call started a sub-agent, or had one go on. */
  startedThread: z.literal(true).optional(),
  durationMs: z.number().nullable(),
})

/** Last line: how the run ended. A recording that was cut has none. */
export const outcomeLine = z.object({
  type: z.literal('outcome'),
  status: z.string(),
  text: z.string(),
  turns: z.number().int(),
  usage: z.record(z.string(), z.unknown()),
  errorCode: z.string().nullable(),
})

export const manifestLine = z.discriminatedUnion('type', [headerLine, exchangeLine, toolLine, outcomeLine])

/** A line of `timing.jsonl`. It stands aside, because it is different in each recording. */
export const timingLine = z.object({
  thread: z.string(),
  index: z.number().int().positive(),
  /** Since the recording began. */
  startedMs: z.number(),
  /** From the request to the head of the answer. */
  headMs: z.number(),
  /** Milliseconds since the head and length in bytes of each chunk, in turn. */
  chunks: z.array(z.number()),
})

export type HeaderLine = z.infer<typeof headerLine>
export type ExchangeLine = z.infer<typeof exchangeLine>
export type ToolLine = z.infer<typeof toolLine>
export type OutcomeLine = z.infer<typeof outcomeLine>
export type ManifestLine = z.infer<typeof manifestLine>
export type TimingLine = z.infer<typeof timingLine>
