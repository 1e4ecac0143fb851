import { asRecord, parseJson } from '../wire/message-request.ts'
import { replacementsBetween } from './align-texts.ts'
import { changeJsonText, changeTexts, type TextChange } from './change-texts.ts'

export interface ChangedAnswer {
  readonly bytes: Buffer
  /** Where an offset of the old bytes is in the new ones. */
  readonly moved: (offset: number) => number
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

/**
 * An answer of the Messages API with the words of the model changed: texts, thinking and the input of tools, also
 * where a stream brings them in pieces. What does not change stays as it was, byte by byte.
 */
export function changeAnswer(bytes: Buffer, change: TextChange): ChangedAnswer {
  const isStream = /^(event|data|id|retry|:)/.test(bytes.toString('latin1', 0, 8))
  const edits = isStream ? editsOfStream(bytes, change) : editsOfWhole(bytes, change)
  return edits.length === 0 ? { bytes, moved: (offset) => offset } : applyEdits(bytes, edits)
}

function applyEdits(bytes: Buffer, edits: readonly Edit[]): ChangedAnswer {
  const pieces: Buffer[] = []
  let from = 0
  for (const edit of edits) {
    pieces.push(bytes.subarray(from, edit.start), edit.bytes)
    from = edit.end
  }
  pieces.push(bytes.subarray(from))
  const moved = (offset: number): number => {
    let shift = 0
    for (const edit of edits) {
      if (edit.start >= offset) break
      if (edit.end > offset) return Math.min(offset + shift, edit.start + shift + edit.bytes.length)
      shift += edit.bytes.length - (edit.end - edit.start)
    }
    return offset + shift
  }
  return { bytes: Buffer.concat(pieces), moved }
}

function editsOfWhole(bytes: Buffer, change: TextChange): readonly Edit[] {
  const text = bytes.toString('utf8')
  const changed = parseJson(text) === undefined ? change(text) : changeJsonText(text, change)
  if (changed === text || !bytes.equals(Buffer.from(text))) return []
  return [{ start: 0, end: bytes.length, bytes: Buffer.from(changed) }]
}

/** One `data:` line of a stream that holds a JSON object. */
interface DataLine {
  readonly start: number
  readonly end: number
  readonly event: Record<string, unknown>
}

/** A piece of a block's text: a field of an event. */
interface Fragment {
  readonly line: DataLine
  readonly holder: Record<string, unknown>
  readonly field: string
  readonly text: string
}

function editsOfStream(bytes: Buffer, change: TextChange): readonly Edit[] {
  const lines = dataLines(bytes)
  const touched = new Set<DataLine>()
  for (const fragments of blocksOf(lines)) {
    const isJson = fragments[0]?.field === 'partial_json'
    const texts = changedFragments(
      fragments.map(({ text }) => text),
      isJson ? (text) => changeJsonText(text, change) : change,
    )
    for (const [index, { line, holder, field, text }] of fragments.entries()) {
      if (texts[index] === text) continue
      holder[field] = texts[index]
      touched.add(line)
    }
  }
  for (const line of lines) if (line.event['type'] === 'content_block_start') changeInput(line, { change, touched })
  return lines
    .filter((line) => touched.has(line))
    .map(({ start, end, event }) => ({ start, end, bytes: Buffer.from(`data: ${JSON.stringify(event)}`) }))
}

function changeInput(line: DataLine, { change, touched }: { change: TextChange; touched: Set<DataLine> }): void {
  const block = asRecord(line.event['content_block']) as Record<string, unknown>
  for (const field of ['input', 'content']) {
    const changed = changeTexts(block[field], change)
    if (JSON.stringify(changed) === JSON.stringify(block[field])) continue
    block[field] = changed
    touched.add(line)
  }
}

function dataLines(bytes: Buffer): DataLine[] {
  const lines: DataLine[] = []
  let start = 0
  while (start < bytes.length) {
    const newline = bytes.indexOf(10, start)
    const next = newline < 0 ? bytes.length : newline + 1
    const isCrLf = newline > start && bytes[newline - 1] === 13
    const end = newline < 0 ? bytes.length : newline - (isCrLf ? 1 : 0)
    const line = bytes.toString('utf8', start, end)
    const event = line.startsWith('data:') ? parseJson(line.slice(5)) : undefined
    if (event !== undefined && event !== null && typeof event === 'object' && newline >= 0) {
      lines.push({ start, end, event: event as Record<string, unknown> })
    }
    start = next
  }
  return lines
}

const textFields = ['text', 'thinking', 'partial_json'] as const

/** The pieces of each content block, in order. */
function blocksOf(lines: readonly DataLine[]): Iterable<readonly Fragment[]> {
  const blocks = new Map<string, Fragment[]>()
  for (const line of lines) {
    const { type, index } = line.event
    const name = type === 'content_block_start' ? 'content_block' : type === 'content_block_delta' ? 'delta' : undefined
    if (name === undefined) continue
    const holder = asRecord(line.event[name]) as Record<string, unknown>
    for (const field of textFields) {
      const text = holder[field]
      if (typeof text !== 'string') continue
      const key = `${String(index)} ${field}`
      const fragments = blocks.get(key) ?? []
      blocks.set(key, fragments)
      fragments.push({ line, holder, field, text })
    }
  }
  return blocks.values()
}

/** The change of the whole text, laid over its pieces: what takes the place of something stands where that began. */
export function changedFragments(fragments: readonly string[], change: TextChange): readonly string[] {
  const whole = fragments.join('')
  const changed = change(whole)
  if (changed === whole) return fragments
  const replacements = replacementsBetween(whole, changed)
  const lastIndex = fragments.findLastIndex((fragment) => fragment !== '')
  let end = 0
  return fragments.map((fragment, index) => {
    const start = end
    end += fragment.length
    let text = ''
    let from = start
    for (const replacement of replacements) {
      text += whole.slice(from, Math.min(Math.max(replacement.start, from), end))
      if (replacement.start >= start && (replacement.start < end || index === lastIndex)) text += replacement.text
      from = Math.max(from, Math.min(replacement.end, end))
      if (replacement.start >= end) break
    }
    return text + whole.slice(from, end)
  })
}
