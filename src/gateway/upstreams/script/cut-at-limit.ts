import type { AnswerBlock } from './reply-content.ts'

interface Answer {
  readonly content: readonly AnswerBlock[]
  readonly stopReason: string
  readonly usage: Readonly<Record<string, unknown>>
}

/**
 * No answer is longer than `max_tokens`: what is beyond it is never said, and the stop reason tells so. How far the
 * answer came follows from its usage; a call that is not complete is no call.
 */
export function cutAtLimit(answer: Answer, maxTokens: number | undefined): Answer {
  const tokens = Number(answer.usage['output_tokens'])
  if (maxTokens === undefined || !(tokens > maxTokens)) return answer
  const share = maxTokens / tokens
  return {
    content: beginningOf(answer.content, share),
    stopReason: 'max_tokens',
    usage: { ...answer.usage, output_tokens: maxTokens },
  }
}

function beginningOf(content: readonly AnswerBlock[], share: number): readonly AnswerBlock[] {
  const lengths = content.map((block) => JSON.stringify(block).length)
  let left = share * lengths.reduce((sum, length) => sum + length, 0)
  const kept: AnswerBlock[] = []
  for (const [index, block] of content.entries()) {
    const length = lengths[index]!
    if (left <= 0) break
    if (left >= length) kept.push(block)
    else if (block.type === 'text') kept.push({ ...block, text: beginningOfText(String(block['text']), left / length) })
    left -= length
  }
  return kept
}

/** The API gives no empty text. */
const beginningOfText = (text: string, share: number): string =>
  text.slice(0, Math.max(1, Math.floor(text.length * share)))
