/** Where something stands in a text, in bytes; `end` is just behind it. */
export interface TextPlace {
  readonly start: number
  readonly end: number
}

/** The bytes as text with one character for each: what matters in JSON is ASCII, and no byte of another character looks like it. */
export const byteText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** Just behind the closing quote of the string that opens at `start`. */
export function endOfString(text: string, start: number): number {
  let quote = start
  for (;;) {
    quote = text.indexOf('"', quote + 1)
    if (quote < 0) return text.length
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return quote + 1
  }
}

/** The next place that is no white space. */
export function startOfNext(text: string, index: number): number {
  let next = index
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next += 1
  return next
}

export interface TextEdit extends TextPlace {
  readonly text: string
}

/** The same bytes with other text at some places, which do not overlap. */
export function spliceText(bytes: Uint8Array, edits: readonly TextEdit[]): Uint8Array {
  if (edits.length === 0) return bytes
  const parts: Uint8Array[] = []
  let from = 0
  for (const { start, end, text } of edits.toSorted((left, right) => left.start - right.start)) {
    parts.push(bytes.subarray(from, start), Buffer.from(text))
    from = end
  }
  return Buffer.concat([...parts, bytes.subarray(from)])
}
