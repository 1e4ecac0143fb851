import { asRecord, listOf } from '../../wire/message-request.ts'

/**
 * Results of calls that ran side by side stand in a request as they came in. Which was faster is chance, so they
 * are put in the order of their calls.
 */
export function resultsInOrder(messages: readonly unknown[]): readonly unknown[] {
  let places = new Map<unknown, number>()
  return messages.map((message) => {
    const { role, content } = asRecord(message)
    const blocks = listOf(content)
    if (role === 'assistant') {
      const calls = blocks.map((block) => asRecord(block)).filter(({ type }) => type === 'tool_use')
      places = new Map(calls.map(({ id }, index) => [id, index]))
    }
    const results = blocks.filter(isResult)
    if (results.length < 2) return message
    const placeOf = (block: unknown): number => places.get(asRecord(block)['tool_use_id']) ?? places.size
    const ordered = results.toSorted((left, right) => placeOf(left) - placeOf(right)).values()
    return { ...asRecord(message), content: blocks.map((block) => (isResult(block) ? ordered.next().value : block)) }
  })
}

const isResult = (block: unknown): boolean => asRecord(block)['type'] === 'tool_result'
