import { byteText, endOfString, startOfNext, type TextPlace } from '../wire/json-text.ts'

/** What only the text of a request shows, and its parsed form does not. */
export interface RequestScan {
  readonly maxTokens: TextPlace | null
  readonly thinkingBudget: TextPlace | null
  /** An object has a name twice: the service may read the one, and its cost be bounded by the other. */
  readonly repeatsName: boolean
}

const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** The way to where the scan is: the last name of each object, and all that it had; nothing of a list. */
interface Step {
  readonly names: Set<string>
  name: string
}

/**
 * Finds `max_tokens` and `thinking.budget_tokens` in the JSON text of a request, so that they can be changed
 * without touching any other byte. The text must be valid JSON.
 */
export function scanRequest(body: Uint8Array): RequestScan {
  const text = byteText(body)
  const path: Step[] = []
  let maxTokens: TextPlace | null = null
  let thinkingBudget: TextPlace | null = null
  let repeatsName = false
  let index = 0
  while (index < text.length) {
    const character = text[index]!
    if (character !== '"') {
      if (character === '{' || character === '[') path.push({ names: new Set(), name: '' })
      else if (character === '}' || character === ']') path.pop()
      index += 1
      continue
    }
    const end = endOfString(text, index)
    const colon = startOfNext(text, end)
    const step = path.at(-1)
    if (text[colon] === ':' && step !== undefined) {
      step.name = JSON.parse(text.slice(index, end)) as string
      repeatsName ||= step.names.has(step.name)
      step.names.add(step.name)
      const place = numberAt(text, startOfNext(text, colon + 1))
      if (isAt(path, 'max_tokens')) maxTokens = place
      else if (isAt(path, 'thinking', 'budget_tokens')) thinkingBudget = place
    }
    index = end
  }
  return { maxTokens, thinkingBudget, repeatsName }
}

const isAt = (path: readonly Step[], ...names: readonly string[]): boolean =>
  path.length === names.length && names.every((name, depth) => path[depth]?.name === name)

function numberAt(text: string, start: number): TextPlace | null {
  number.lastIndex = start
  return number.test(text) ? { start, end: number.lastIndex } : null
}
