/** Where a number stands in a JSON text, in bytes. */
export interface NumberPlace {
  readonly start: number
  readonly end: number
}

/** What only the text of a request shows, and its parsed form does not. */
export interface RequestScan {
  readonly maxTokens: NumberPlace | null
  readonly thinkingBudget: NumberPlace | null
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
  // One character for each byte. What matters here is ASCII, and no byte of another character looks like it.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const path: Step[] = []
  let maxTokens: NumberPlace | null = null
  let thinkingBudget: NumberPlace | null = null
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

function numberAt(text: string, start: number): NumberPlace | null {
  number.lastIndex = start
  return number.test(text) ? { start, end: number.lastIndex } : null
}

/** Just behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let quote = start
  for (;;) {
    quote = text.indexOf('"', quote + 1)
    if (quote < 0) return text.length
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return quote + 1
  }
}

function startOfNext(text: string, index: number): number {
  let next = index
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next += 1
  return next
}
