/** A lenient view of a Messages API request: what can be read is read, nothing is refused here. */
export interface MessageRequest {
  readonly model: string
  readonly streamed: boolean
  readonly maxTokens: number | undefined
  readonly system: readonly WireBlock[]
  readonly messages: readonly WireMessage[]
  readonly tools: readonly WireTool[]
  /** True when the answer must follow a JSON schema (`output_config.format`). */
  readonly formatted: boolean
}

export interface WireMessage {
  readonly role: string
  readonly blocks: readonly WireBlock[]
}

export interface WireBlock {
  readonly type: string
  readonly [field: string]: unknown
}

export interface WireTool {
  readonly name: string
  /** Present on server tools and some client tools; plain client tools have none or `custom`. */
  readonly type?: string
  readonly input_schema?: unknown
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function readMessageRequest(value: unknown): MessageRequest {
  const body = asRecord(value)
  return {
    model: typeof body['model'] === 'string' ? body['model'] : '',
    streamed: body['stream'] === true,
    maxTokens: typeof body['max_tokens'] === 'number' ? body['max_tokens'] : undefined,
    system: blocksOf(body['system']),
    messages: listOf(body['messages']).map((message) => {
      const { role, content } = asRecord(message)
      return { role: String(role), blocks: blocksOf(content) }
    }),
    tools: listOf(body['tools']).filter(isTool),
    formatted: asRecord(asRecord(body['output_config'])['format'])['type'] !== undefined,
  }
}

/** The messages after the last answer: what is new in this request. */
export function tailOf(messages: readonly WireMessage[]): readonly WireMessage[] {
  return messages.slice(messages.findLastIndex((message) => message.role === 'assistant') + 1)
}

/** The text blocks of `blocks`, a line each. */
export const textOf = (blocks: readonly WireBlock[]): string =>
  blocks.flatMap((block) => (block.type === 'text' ? [readString(block['text']) ?? ''] : [])).join('\n')

/** The content of a message, a tool result or a system prompt as blocks; a string is one text block. */
export function blocksOf(content: unknown): readonly WireBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return listOf(content).filter(isBlock)
}

export const readString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const isBlock = (value: unknown): value is WireBlock => typeof asRecord(value)['type'] === 'string'
const isTool = (value: unknown): value is WireTool => typeof asRecord(value)['name'] === 'string'
