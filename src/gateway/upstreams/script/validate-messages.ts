import { asRecord, blocksOf, readString, type WireBlock } from '../../wire/message-request.ts'

/** Newer models get the harness's words as `system` messages between the others. */
const roles = new Set(['user', 'assistant', 'system'])

const blockTypes = new Set([
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
  'container_upload',
  'compaction',
  // What the agent sends when a session goes on with other tools.
  'tool_addition',
  'tool_removal',
])

const callId = /^[a-zA-Z0-9_-]+$/

export function whyMessagesRefused(messages: unknown): string | undefined {
  if (messages === undefined) return 'messages: Field required'
  if (!Array.isArray(messages)) return 'messages: Input should be a valid array'
  if (messages.length === 0) return 'messages: at least one message is required'
  for (const [index, message] of messages.entries()) {
    const reason = whyMessageRefused(asRecord(message), {
      at: `messages.${index}`,
      isLast: index === messages.length - 1,
    })
    if (reason !== undefined) return reason
  }
  return whyOrderRefused(messages)
}

function whyMessageRefused(
  { role, content }: Readonly<Record<string, unknown>>,
  { at, isLast }: { at: string; isLast: boolean },
): string | undefined {
  if (role === undefined) return `${at}.role: Field required`
  if (typeof role !== 'string' || !roles.has(role)) return `${at}.role: Input should be 'user', 'assistant' or 'system'`
  if (content === undefined) return `${at}.content: Field required`
  if (typeof content !== 'string' && !Array.isArray(content)) return `${at}.content: Input should be a valid array`
  if (content.length === 0 && !(isLast && role === 'assistant')) {
    return `${at}: all messages must have non-empty content except for the optional final assistant message`
  }
  if (typeof content === 'string') return undefined
  for (const [position, block] of content.entries()) {
    const reason = whyBlockRefused(asRecord(block), { at: `${at}.content.${position}`, role })
    if (reason !== undefined) return reason
  }
  return undefined
}

function whyBlockRefused(
  block: Readonly<Record<string, unknown>>,
  { at, role }: { at: string; role: string },
): string | undefined {
  const { type } = block
  if (type === undefined) return `${at}.type: Field required`
  if (typeof type !== 'string') return `${at}.type: Input should be a valid string`
  if (!blockTypes.has(type)) {
    const expected = [...blockTypes].map((name) => `'${name}'`).join(', ')
    return `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`
  }
  if (type === 'tool_use' && role !== 'assistant')
    return `${at}: \`tool_use\` blocks can only be in \`assistant\` messages`
  if (type === 'tool_result' && role !== 'user') return `${at}: \`tool_result\` blocks can only be in \`user\` messages`
  for (const field of requiredFields[type] ?? []) {
    if (block[field] === undefined) return `${at}.${type}.${field}: Field required`
  }
  if (type === 'text' && block['text'] === '') return 'messages: text content blocks must be non-empty'
  if (type === 'text' && readString(block['text'])?.trim() === '')
    return 'messages: text content blocks must contain non-whitespace text'
  if (type === 'tool_use' && !callId.test(String(block['id'])))
    return `${at}.tool_use.id: String should match pattern '${callId.source}'`
  return undefined
}

const requiredFields: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  thinking: ['thinking', 'signature'],
  tool_use: ['id', 'name', 'input'],
  tool_result: ['tool_use_id'],
  image: ['source'],
  document: ['source'],
}

interface Side {
  readonly role: string
  /** Index of its last message in the request. */
  readonly index: number
  readonly blocks: readonly WireBlock[]
}

/** Calls and results must face each other; consecutive messages of one role count as one. */
function whyOrderRefused(messages: readonly unknown[]): string | undefined {
  const sides = mergeSides(messages)
  if (sides[0]?.role !== 'user') return 'messages: first message must use the "user" role'
  const ids = sides.flatMap(({ blocks }) => idsOf(blocks, 'tool_use', 'id'))
  if (new Set(ids).size !== ids.length) return 'messages: `tool_use` ids must be unique'
  for (const [position, side] of sides.entries()) {
    const reason =
      side.role === 'assistant'
        ? whyCallsRefused(side, sides[position + 1])
        : whyResultsRefused(side, sides[position - 1])
    if (reason !== undefined) return reason
  }
  return undefined
}

function mergeSides(messages: readonly unknown[]): readonly Side[] {
  const sides: Side[] = []
  for (const [index, message] of messages.entries()) {
    const { role, content } = asRecord(message)
    if (role === 'system') continue
    const last = sides.at(-1)
    if (last?.role === role)
      sides[sides.length - 1] = { ...last!, index, blocks: [...last!.blocks, ...blocksOf(content)] }
    else sides.push({ role: String(role), index, blocks: blocksOf(content) })
  }
  return sides
}

function whyCallsRefused(calls: Side, next: Side | undefined): string | undefined {
  const leading = next?.blocks.findIndex((block) => block.type !== 'tool_result') ?? 0
  const blocks = next?.blocks ?? []
  const answered = new Set(idsOf(leading < 0 ? blocks : blocks.slice(0, leading), 'tool_result', 'tool_use_id'))
  const open = idsOf(calls.blocks, 'tool_use', 'id').filter((id) => !answered.has(id))
  if (open.length === 0) return undefined
  return (
    `messages.${calls.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ` +
    'Each `tool_use` block must have a corresponding `tool_result` block in the next message.'
  )
}

function whyResultsRefused(results: Side, previous: Side | undefined): string | undefined {
  const called = new Set(idsOf(previous?.blocks ?? [], 'tool_use', 'id'))
  const seen = new Set<string>()
  for (const [position, block] of results.blocks.entries()) {
    if (block.type !== 'tool_result') continue
    const id = String(block['tool_use_id'])
    if (!called.has(id)) {
      return (
        `messages.${results.index}.content.${position}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
        'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.'
      )
    }
    if (seen.has(id)) {
      return `messages.${results.index}.content.${position}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`
    }
    seen.add(id)
  }
  return undefined
}

const idsOf = (blocks: readonly WireBlock[], type: string, field: string): readonly string[] =>
  blocks.flatMap((block) => (block.type === type ? [readString(block[field]) ?? ''] : []))
