import { asRecord, blocksOf, readString, type WireBlock } from '../wire/message-request.ts'

/**
 * What the service adds to a prompt, each with room to spare: a budget is kept by bounds, not by estimates. The
 * numbers behind them are those of the API's documentation.
 */
export const addedTokens = {
  /** Marks of the turns, opening of the answer, the service's own words about thinking or the answer's form. */
  prompt: 512,
  /** The system prompt that comes with tools: 264 to 813 tokens, depending on model and tool choice. */
  toolUse: 1_024,
  /** What stands around a tool's name, description and schema. */
  tool: 64,
  /** What stands around a block: role, type, ids. Also what joining its text to its neighbour's may cost. */
  block: 24,
  /** Tools that the API defines and the client runs: their descriptions are the service's, at most 1,234 tokens. */
  builtInTool: 2_048,
  /** The largest count of one image, after the service has scaled it down, is 4,784. */
  image: 4_800,
} as const

/**
 * An upper bound of a text's tokens: a token is at least one byte. Some tokenizers read compatibility
 * characters in their long form, which can have more bytes than the text.
 */
export function textTokens(text: string): number {
  const bytes = Buffer.byteLength(text)
  // As long as its bytes are its characters it is ASCII, which is its own long form.
  return bytes === text.length ? bytes : Math.max(bytes, Buffer.byteLength(text.normalize('NFKC')))
}

export const jsonTokens = (value: unknown): number => (value === undefined ? 0 : textTokens(JSON.stringify(value)))

/** An upper bound of a block's tokens. Where only the context window bounds it, that is what it counts. */
export function blockTokens(block: WireBlock, window: number): number {
  return addedTokens.block + contentTokens(block, window)
}

function contentTokens(block: WireBlock, window: number): number {
  switch (block.type) {
    case 'text':
      return textTokens(readString(block['text']) ?? '')
    case 'image':
      return addedTokens.image
    case 'tool_result':
      return jsonTokens(block['tool_use_id']) + sumOf(blocksOf(block['content']), window)
    case 'document':
      return documentTokens(block, window)
    case 'thinking': // Its signature holds the whole of what was thought; the text may be a summary of it.
    case 'redacted_thinking':
    case 'tool_use':
    case 'server_tool_use':
    case 'tool_reference':
    case 'search_result':
    case 'web_search_tool_result':
      return jsonTokens(block)
    default:
      return window
  }
}

const sumOf = (blocks: readonly WireBlock[], window: number): number =>
  blocks.reduce((sum, block) => sum + blockTokens(block, window), 0)

/** Plain text counts as text. A PDF is text and an image for each page, and how many it has only the service knows. */
function documentTokens(block: WireBlock, window: number): number {
  const source = asRecord(block['source'])
  const words = jsonTokens(block['title']) + jsonTokens(block['context'])
  if (source['type'] === 'text') return words + textTokens(readString(source['data']) ?? '')
  if (source['type'] === 'content') return words + sumOf(blocksOf(source['content']), window)
  return window
}

/** An upper bound of the tokens of a tool's definition. */
export function toolTokens(tool: unknown): number {
  const { type } = asRecord(tool)
  const own = addedTokens.tool + jsonTokens(tool)
  return type === undefined || type === 'custom' ? own : own + addedTokens.builtInTool
}
