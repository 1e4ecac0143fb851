import { asRecord } from '../wire/message-request.ts'
import { spliceText, type TextEdit } from '../wire/json-text.ts'
import type { RequestScan } from './scan-request.ts'

/** An answer that is worth its call, where more was asked for. */
const sensibleAnswer = 256
/** The API takes no smaller budget for thinking. */
const smallestThinking = 1_024
/** After the smallest thinking, of which hardly any answer needs all: what it leaves is the answer's as well. */
const answerAfterThinking = 64

/**
 * The fewest output tokens with which a request still makes sense and stays valid: thinking with a budget needs
 * the smallest one there is, and an answer after it.
 */
export function fewestOutputTokens(body: Readonly<Record<string, unknown>>): number {
  const asked = Number(body['max_tokens'])
  const fewest = thinkingBudgetOf(body) === undefined ? sensibleAnswer : smallestThinking + answerAfterThinking
  return Math.min(asked, fewest)
}

export interface Clamp {
  readonly body: Readonly<Record<string, unknown>>
  readonly scan: RequestScan
  /** At least `fewestOutputTokens`, and less than was asked for. */
  readonly maxTokens: number
}

/**
 * The request with a smaller `max_tokens`, and a thinking budget that leaves room for an answer. The two numbers
 * are replaced in the text itself: any other byte stays what the agent sent.
 */
export function clampRequest(bytes: Uint8Array, { body, scan, maxTokens }: Clamp): Uint8Array {
  const edits: TextEdit[] = []
  if (scan.maxTokens !== null) edits.push({ ...scan.maxTokens, text: String(maxTokens) })
  const budget = thinkingBudgetOf(body)
  const room = Math.max(smallestThinking, maxTokens - sensibleAnswer)
  if (scan.thinkingBudget !== null && budget !== undefined && budget > room) {
    edits.push({ ...scan.thinkingBudget, text: String(room) })
  }
  return spliceText(bytes, edits)
}

function thinkingBudgetOf(body: Readonly<Record<string, unknown>>): number | undefined {
  const { type, budget_tokens: budget } = asRecord(body['thinking'])
  return type === 'enabled' && typeof budget === 'number' ? budget : undefined
}
