import type { ModelObservation, ModelRequestEnd, WireTokens, WireUsage } from '../../ports/model-observation.ts'
import { readApiError } from '../wire/api-error.ts'
import { asRecord, blocksOf, listOf, parseJson, readString, type WireBlock } from '../wire/message-request.ts'
import { createSseParser } from './sse-parser.ts'

/** An observation before the exchange has added its request number and time. */
export type BareObservation = ModelObservation extends infer One
  ? One extends ModelObservation
    ? Omit<One, 'request' | 'atMs'>
    : never
  : never

export interface AnswerEnd {
  readonly how: ModelRequestEnd
  readonly error?: { readonly type: string; readonly message: string }
}

export interface StreamObserver {
  push(chunk: Uint8Array): void
  /** What it means that the stream ends here, if its events did not already say. */
  endOfStream(): AnswerEnd
}

/**
 * Follows a streamed answer. `onEnd` is called as soon as the events themselves end the answer
 * (`message_stop`, `error`), which is before the connection ends.
 */
export function createStreamObserver(
  emit: (observation: BareObservation) => void,
  onEnd: (end: AnswerEnd) => void,
): StreamObserver {
  // Claude Code takes an answer without `message_stop` as whole once its stop reason arrived.
  let stopReasonSeen = false
  const parser = createSseParser(({ data }) => {
    const event = asRecord(parseJson(data))
    if (event['type'] === 'message_stop') return onEnd({ how: 'complete' })
    if (event['type'] === 'error') return onEnd(withError('stream_error', event))
    const observation = observationOf(event)
    if (observation === undefined) return
    if (observation.type === 'usage') stopReasonSeen ||= observation.stopReason !== null
    emit(observation)
  })
  return {
    push: (chunk) => parser.push(chunk),
    endOfStream: () => ({ how: stopReasonSeen ? 'complete' : 'upstream_cut' }),
  }
}

function observationOf(event: Readonly<Record<string, unknown>>): BareObservation | undefined {
  const index = Number(event['index'])
  switch (event['type']) {
    case 'message_start': {
      const message = asRecord(event['message'])
      return {
        type: 'message_start',
        messageId: String(message['id']),
        model: String(message['model']),
        usage: readUsage(message['usage']),
      }
    }
    case 'content_block_start': {
      const block = asRecord(event['content_block']) as WireBlock
      return { type: 'block_start', index, ...describeBlock(block), text: proseOf(block) }
    }
    case 'content_block_delta': {
      const delta = asRecord(event['delta'])
      const text = delta['text'] ?? delta['thinking'] ?? delta['partial_json']
      return { type: 'block_delta', index, deltaType: String(delta['type']), text: readString(text) ?? '' }
    }
    case 'content_block_stop':
      return { type: 'block_stop', index }
    case 'message_delta': {
      const stopReason = readString(asRecord(event['delta'])['stop_reason']) ?? null
      return { type: 'usage', usage: readUsage(event['usage']), stopReason }
    }
    default:
      return undefined
  }
}

/** Reads an answer that came in one piece. */
export function observeWholeAnswer(
  { status, body }: { status: number; body: Uint8Array },
  emit: (observation: BareObservation) => void,
): AnswerEnd {
  const answer = asRecord(parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')))
  if (status >= 400) return withError('http_error', answer)
  if (answer['type'] !== 'message') {
    return { how: 'upstream_cut', error: { type: 'api_error', message: 'The answer is not a message of the API.' } }
  }
  emit({
    type: 'message',
    messageId: String(answer['id']),
    model: String(answer['model']),
    blocks: blocksOf(answer['content']).map((block) => ({
      ...describeBlock(block),
      text: block['input'] === undefined ? proseOf(block) : JSON.stringify(block['input']),
    })),
    usage: readUsage(answer['usage']),
    stopReason: readString(answer['stop_reason']) ?? null,
  })
  return { how: 'complete' }
}

function withError(how: ModelRequestEnd, body: unknown): AnswerEnd {
  const error = readApiError(body)
  return error === undefined ? { how } : { how, error }
}

function describeBlock({ type: blockType, ...block }: WireBlock): {
  blockType: string
  toolUseId?: string
  toolName?: string
} {
  if (!blockType.endsWith('tool_use')) return { blockType }
  return { blockType, toolUseId: String(block['id']), toolName: String(block['name']) }
}

const proseOf = (block: WireBlock): string => readString(block['text'] ?? block['thinking']) ?? ''

const counts = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const
const cacheCounts = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'] as const
const serverToolCounts = ['web_search_requests', 'web_fetch_requests'] as const

export function readUsage(value: unknown): WireUsage {
  const usage = asRecord(value)
  const compactions = listOf(usage['iterations']).filter((iteration) => asRecord(iteration)['type'] === 'compaction')
  return {
    ...readTokens(usage),
    ...(usage['server_tool_use'] ? { server_tool_use: numbersOf(usage['server_tool_use'], serverToolCounts) } : {}),
    ...(typeof usage['speed'] === 'string' ? { speed: usage['speed'] } : {}),
    ...(typeof usage['inference_geo'] === 'string' ? { inference_geo: usage['inference_geo'] } : {}),
    ...(compactions.length > 0 ? { compactions: compactions.map(readTokens) } : {}),
  }
}

function readTokens(value: unknown): WireTokens {
  const tokens = asRecord(value)
  return {
    ...numbersOf(tokens, counts),
    ...(tokens['cache_creation'] ? { cache_creation: numbersOf(tokens['cache_creation'], cacheCounts) } : {}),
  }
}

function numbersOf<Name extends string>(value: unknown, names: readonly Name[]): { [name in Name]?: number } {
  const record = asRecord(value)
  const found: { [name in Name]?: number } = {}
  for (const name of names) {
    const count = record[name]
    if (typeof count === 'number') found[name] = count
  }
  return found
}
