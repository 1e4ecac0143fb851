import { newIdBody } from '../../../domain/ids.ts'
import { cutAtLimit } from './cut-at-limit.ts'
import { rawInput, type AnswerBlock } from './reply-content.ts'
import type { ScriptReply } from './script.ts'
import type { ScriptRequest } from './script-request.ts'
import { estimateInput, estimateOutput } from './usage-estimate.ts'

/** A whole answer as the API returns it, before it is cut into events. */
export interface AnswerMessage {
  readonly id: string
  readonly model: string
  readonly content: readonly AnswerBlock[]
  readonly stopReason: string
  readonly usage: Readonly<Record<string, unknown>>
}

export interface AnswerEvent {
  readonly type: string
  readonly [field: string]: unknown
}

export function answerMessage(
  content: readonly AnswerBlock[],
  { reply, request }: { reply: ScriptReply; request: ScriptRequest },
): AnswerMessage {
  const callsTools = content.some((block) => block.type === 'tool_use')
  const answer = {
    content,
    stopReason: reply.stopReason ?? (callsTools ? 'tool_use' : 'end_turn'),
    usage: {
      ...estimateInput(request.body),
      output_tokens: estimateOutput(content),
      service_tier: 'standard',
      ...reply.usage,
    },
  }
  const maxTokens = request.body['max_tokens']
  return {
    id: `msg_${newIdBody()}`,
    model: reply.model ?? request.model,
    ...cutAtLimit(answer, typeof maxTokens === 'number' ? maxTokens : undefined),
  }
}

export function wholeMessage({ id, model, content, stopReason, usage }: AnswerMessage): AnswerEvent {
  const ended = { stop_reason: stopReason, stop_sequence: null, usage }
  return { id, type: 'message', role: 'assistant', model, content, ...ended }
}

export function* messageEvents(message: AnswerMessage): Generator<AnswerEvent> {
  const { content, usage, stopReason } = message
  const opening = { ...wholeMessage(message), content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  yield { type: 'message_start', message: opening }
  for (const [index, block] of content.entries()) {
    yield { type: 'content_block_start', index, content_block: emptied(block) }
    for (const delta of deltasOf(block)) yield { type: 'content_block_delta', index, delta }
    yield { type: 'content_block_stop', index }
  }
  yield { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage }
  yield { type: 'message_stop' }
}

const isCall = (block: AnswerBlock): boolean => block.type === 'tool_use' || block.type === 'server_tool_use'

function emptied(block: AnswerBlock): AnswerBlock {
  if (block.type === 'text') return { ...block, text: '' }
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' }
  return isCall(block) ? { ...block, input: {} } : block
}

function deltasOf(block: AnswerBlock): readonly AnswerEvent[] {
  if (block.type === 'text') {
    return wordsOf(String(block['text'])).map((text) => ({ type: 'text_delta', text }))
  }
  if (block.type === 'thinking') {
    const signature = { type: 'signature_delta', signature: block['signature'] }
    return [...wordsOf(String(block['thinking'])).map((thinking) => ({ type: 'thinking_delta', thinking })), signature]
  }
  if (!isCall(block)) return []
  const json = block[rawInput] ?? JSON.stringify(block['input'] ?? {})
  return slices(json, 1000).map((partial_json) => ({ type: 'input_json_delta', partial_json }))
}

const wordsOf = (text: string): readonly string[] => text.match(/\s*\S+\s*|\s+/g) ?? []

const slices = (text: string, length: number): readonly string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )
