import { hash } from 'node:crypto'
import { asRecord, blocksOf, listOf, readString, type WireBlock } from '../wire/message-request.ts'
import { addedTokens, blockTokens, textTokens, toolTokens } from './token-bounds.ts'

/** A piece of a prompt: which it is, and at most how many tokens it has. */
export interface PromptItem {
  readonly digest: string
  readonly tokens: number
  readonly isThinking: boolean
}

/** A prompt in pieces, so that two of them can be compared. Marks for the cache are no part of it. */
export interface PromptItems {
  /** Model and all that shapes how the service reads the rest: only where it is the same are prompts compared. */
  readonly settings: string
  /** What the service adds, and what the settings themselves may count. */
  readonly addedTokens: number
  /** The service takes things out of a long prompt: a shorter one, of which it takes out nothing, may have more tokens. */
  readonly isEdited: boolean
  /** System prompt and tools. */
  readonly head: readonly PromptItem[]
  /** Blocks of the messages, in order. */
  readonly messages: readonly PromptItem[]
}

/** Fields of a request that no model reads. */
const notRead = new Set([
  'messages', 'system', 'tools', 'model', 'max_tokens', 'stream', 'metadata', 'stop_sequences', 'temperature',
  'top_p', 'top_k', 'service_tier', 'inference_geo', 'cache_control', 'speed',
]) // prettier-ignore

export interface PromptContext {
  /** The `anthropic-beta` header. */
  readonly betas: string
  /** The model's context window, in tokens. */
  readonly window: number
}

export function promptItemsOf(body: Readonly<Record<string, unknown>>, { betas, window }: PromptContext): PromptItems {
  const settings = JSON.stringify(Object.entries(body).filter(([name]) => !notRead.has(name)))
  const tools = listOf(body['tools'])
  return {
    // With the first tool the service adds words of its own.
    settings: digestOf(JSON.stringify([body['model'], betas, settings, tools.length > 0])),
    addedTokens: addedTokens.prompt + textTokens(settings) + (tools.length > 0 ? addedTokens.toolUse : 0),
    isEdited: isEdited(body),
    head: [...blocksOf(body['system']).map((block) => blockItem(block, 'system', window)), ...tools.map(toolItem)],
    messages: listOf(body['messages']).flatMap((message) => {
      const { role, content } = asRecord(message)
      return everyBlock(content).map((block) => blockItem(block, readString(role) ?? '', window))
    }),
  }
}

/** Thoughts that are taken out are counted where that matters; anything else is not looked into. */
const isEdited = (body: Readonly<Record<string, unknown>>): boolean =>
  listOf(asRecord(body['context_management'])['edits']).some(
    (edit) => !readString(asRecord(edit)['type'])?.startsWith('clear_thinking'),
  )

export const tokensOf = (items: readonly PromptItem[]): number => items.reduce((sum, { tokens }) => sum + tokens, 0)

/** What is no block counts as one: the service may read it. */
const everyBlock = (content: unknown): readonly WireBlock[] =>
  typeof content === 'string' ? blocksOf(content) : listOf(content).map((block) => ({ type: '', ...asRecord(block) }))

const blockItem = (block: WireBlock, role: string, window: number): PromptItem => ({
  digest: digestOf(role + JSON.stringify(withoutCacheMarks(block))),
  tokens: blockTokens(block, window),
  isThinking: block.type === 'thinking' || block.type === 'redacted_thinking',
})

const toolItem = (tool: unknown): PromptItem => ({
  digest: digestOf(JSON.stringify(withoutCacheMarks(asRecord(tool)))),
  tokens: toolTokens(tool),
  isThinking: false,
})

function withoutCacheMarks(block: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { cache_control: _mark, ...rest } = block
  const { content } = rest
  return Array.isArray(content)
    ? { ...rest, content: content.map((inner) => withoutCacheMarks(asRecord(inner))) }
    : rest
}

const digestOf = (text: string): string => hash('sha256', text, 'base64').slice(0, 22)
