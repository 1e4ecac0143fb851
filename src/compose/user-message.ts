import { textContent, userContentSchema } from '../domain/user-input.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { InputPriority } from '../ports/inbox.ts'
import type { RunInput } from '../runtime/run-request.ts'

const priorities: readonly unknown[] = ['now', 'next', 'later']

/**
 * A message as callers write it, checked: text, content blocks, or `{ content, priority }`.
 * @throws {PerdureError} `invalid_request`.
 */
export function parseUserMessage(message: unknown, priority: unknown = 'next'): RunInput {
  if (!isPriority(priority)) throw new PerdureError('invalid_request', 'A priority is one of now, next, later.')
  if (typeof message === 'string') {
    if (message.trim() === '') throw new PerdureError('invalid_request', 'The message is empty.')
    return { content: textContent(message), priority }
  }
  if (typeof message === 'object' && message !== null && 'content' in message) {
    const named = 'priority' in message ? (message.priority ?? priority) : priority
    return parseUserMessage(message.content, named)
  }
  const content = userContentSchema.safeParse(message)
  if (!content.success) {
    const issue = content.error.issues[0]
    throw new PerdureError(
      'invalid_request',
      `The message is not valid at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`,
    )
  }
  return { content: content.data, priority }
}

const isPriority = (value: unknown): value is InputPriority => priorities.includes(value)

/** A prompt, taken apart: the message that is known now, and those that will come. @throws {PerdureError} `invalid_request`. */
export function parsePrompt(prompt: unknown): { prompt: RunInput | null; inputs: AsyncIterable<RunInput> | null } {
  if (typeof prompt === 'object' && prompt !== null && Symbol.asyncIterator in prompt) {
    return { prompt: null, inputs: messagesOf(prompt as AsyncIterable<unknown>) }
  }
  return { prompt: prompt === undefined ? null : parseUserMessage(prompt), inputs: null }
}

async function* messagesOf(messages: AsyncIterable<unknown>): AsyncGenerator<RunInput, void> {
  for await (const message of messages) yield parseUserMessage(message)
}
