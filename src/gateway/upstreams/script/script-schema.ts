import { z } from 'zod'
import type { ScriptPredicate, ScriptReplyFunction } from './script.ts'

const count = z.number().int().nonnegative()
const milliseconds = z.number().nonnegative()
const ordinal = z.number().int().positive()
const record = z.record(z.string(), z.unknown())

const predicate = z.custom<ScriptPredicate>((value) => typeof value === 'function', 'expected a function')
const replyFunction = z.custom<ScriptReplyFunction>((value) => typeof value === 'function', 'expected a function')

function isRegularExpression({ matches = '', flags }: { matches?: string; flags?: string }): boolean {
  try {
    return new RegExp(matches, flags) instanceof RegExp
  } catch {
    return false
  }
}

const textMatch = z
  .strictObject({
    contains: z.string().exactOptional(),
    equals: z.string().exactOptional(),
    matches: z.string().exactOptional(),
    flags: z.string().exactOptional(),
  })
  .refine(isRegularExpression, { error: 'not a regular expression', path: ['matches'] })

const text = z.union([z.string(), z.instanceof(RegExp), textMatch])
const numbers = z.union([ordinal, z.array(ordinal).min(1)])

const condition = z.strictObject({
  kind: z.enum(['turn', 'side', 'compaction']).exactOptional(),
  turn: numbers.exactOptional(),
  request: numbers.exactOptional(),
  lastUserText: text.exactOptional(),
  prompt: text.exactOptional(),
  toolResult: z
    .union([
      z.boolean(),
      z.string(),
      z.strictObject({
        tool: z.string().exactOptional(),
        text: text.exactOptional(),
        isError: z.boolean().exactOptional(),
      }),
    ])
    .exactOptional(),
  agent: z.union([z.boolean(), text]).exactOptional(),
  model: text.exactOptional(),
  times: ordinal.exactOptional(),
})

const toolCall = z.strictObject({
  name: z.string().min(1),
  input: record.exactOptional(),
  id: z.string().min(1).exactOptional(),
  rawInput: z.string().exactOptional(),
})

const agentCall = z.strictObject({
  type: z.string().min(1),
  prompt: z.string().min(1),
  description: z.string().exactOptional(),
  model: z.string().exactOptional(),
  background: z.boolean().exactOptional(),
})

const error = z.strictObject({
  status: z.number().int().min(400).max(599),
  type: z.string().exactOptional(),
  message: z.string().exactOptional(),
  retryAfterSeconds: z.number().nonnegative().exactOptional(),
  shouldRetry: z.boolean().exactOptional(),
})

const errorEvent = z.strictObject({
  events: count,
  type: z.string().exactOptional(),
  message: z.string().exactOptional(),
})

const contentKeys = ['thinking', 'text', 'tool', 'tools', 'agent', 'agents', 'structuredOutput', 'content'] as const

const replyObject = z
  .strictObject({
    thinking: z.string().exactOptional(),
    text: z.string().exactOptional(),
    tool: toolCall.exactOptional(),
    tools: z.array(toolCall).min(1).exactOptional(),
    agent: agentCall.exactOptional(),
    agents: z.array(agentCall).min(1).exactOptional(),
    structuredOutput: record.exactOptional(),
    content: z.array(z.looseObject({ type: z.string() })).exactOptional(),
    error: error.exactOptional(),
    stopReason: z.string().exactOptional(),
    usage: record.exactOptional(),
    model: z.string().exactOptional(),
    delayMs: milliseconds.exactOptional(),
    chunkDelayMs: milliseconds.exactOptional(),
    stallAfterEvents: count.exactOptional(),
    cutAfterEvents: count.exactOptional(),
    endEarlyAfterEvents: count.exactOptional(),
    errorEventAfter: z.union([count, errorEvent]).exactOptional(),
  })
  .refine((reply) => [...contentKeys, 'error' as const].some((key) => reply[key] !== undefined), {
    error: `a reply needs one of: ${contentKeys.join(', ')}, error`,
  })
  .refine((reply) => reply.error === undefined || contentKeys.every((key) => reply[key] === undefined), {
    error: 'an error answers alone: leave out what the model would say',
    path: ['error'],
  })

/** What a script's function returned is checked by the same words as a file. */
export const replySchema = z.union([z.string(), replyObject])

const replySource = z.union([z.string(), replyFunction, replyObject])

export const scriptSchema = z
  .strictObject({
    name: z.string().exactOptional(),
    description: z.string().exactOptional(),
    rules: z
      .array(
        z.strictObject({
          name: z.string().exactOptional(),
          when: z.union([predicate, condition]).exactOptional(),
          reply: replySource,
        }),
      )
      .exactOptional(),
    turns: z.array(replySource).exactOptional(),
  })
  .refine(({ rules, turns }) => rules !== undefined || turns !== undefined, { error: 'a script needs rules or turns' })
