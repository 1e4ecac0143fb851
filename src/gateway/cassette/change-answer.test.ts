import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replacementsBetween } from './align-texts.ts'
import { changeAnswer, changedFragments } from './change-answer.ts'
import { changeJsonText, changeTexts } from './change-texts.ts'

const words = fc
  .array(fc.constantFrom('a', 'bb', '/tmp/x', ' ', 'sk', '\n', 'ü'), { maxLength: 60 })
  .map((all) => all.join(''))
const changes = [
  (text: string) => text.replaceAll('/tmp/x', '/cassette/work'),
  (text: string) => text.replaceAll('bb', ''),
  (text: string) => text.replaceAll('sk', '[redacted]') + (text.endsWith('a') ? '!' : ''),
  (text: string) => text.replaceAll(/\s/g, ''),
]

test('replacements lead from the one text to the other', () => {
  fc.assert(
    fc.property(words, words, (before, after) => {
      let result = ''
      let from = 0
      for (const { start, end, text } of replacementsBetween(before, after)) {
        result += before.slice(from, start) + text
        from = end
      }
      expect(result + before.slice(from)).toBe(after)
    }),
  )
})

test('pieces that are changed are together what the whole becomes', () => {
  fc.assert(
    fc.property(fc.array(words), fc.constantFrom(...changes), (fragments, change) => {
      const changed = changedFragments(fragments, change)
      expect(changed).toHaveLength(fragments.length)
      expect(changed.join('')).toBe(change(fragments.join('')))
    }),
  )
})

const sse = (events: readonly object[]): Buffer =>
  Buffer.from(events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join(''))
const delta = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields })

function textsOf(bytes: Buffer): string[] {
  const joined: string[] = []
  for (const [, json] of bytes.toString().matchAll(/^data: (.*)$/gm)) {
    const { index, delta: fields } = JSON.parse(json!)
    joined[index] = (joined[index] ?? '') + (fields.text ?? fields.partial_json)
  }
  return joined
}

test('a path that a stream brings in pieces is changed, and the rest keeps its bytes', () => {
  const bytes = sse([
    delta(0, { type: 'text_delta', text: 'I look at /tm' }),
    delta(0, { type: 'text_delta', text: 'p' }),
    delta(1, { type: 'input_json_delta', partial_json: '{"path":"/t' }),
    delta(0, { type: 'text_delta', text: '/x/a.txt and so on' }),
    delta(0, { type: 'text_delta', text: ' and on' }),
    delta(1, { type: 'input_json_delta', partial_json: 'mp/x"}' }),
  ])
  const { bytes: changed, moved } = changeAnswer(bytes, changes[0]!)
  expect(textsOf(changed)).toEqual(['I look at /cassette/work/a.txt and so on and on', '{"path":"/cassette/work"}'])
  const untouched = Buffer.from(`data: ${JSON.stringify(delta(0, { type: 'text_delta', text: ' and on' }))}`)
  expect(changed.indexOf(untouched)).toBe(moved(bytes.indexOf(untouched)))
  expect(moved(bytes.length)).toBe(changed.length)
  expect(moved(0)).toBe(0)
})

test('an answer in one piece, and bytes that are no answer', () => {
  const whole = changeAnswer(Buffer.from('{ "content": [{"text": "in /tmp/x"}] }'), changes[0]!)
  expect(whole.bytes.toString()).toBe('{ "content": [{"text": "in /cassette/work"}] }')
  const same = Buffer.from('{ "spelling":  "kept" }')
  expect(changeAnswer(same, changes[0]!).bytes).toBe(same)
  const invalid = Buffer.from([0xff, 0x2f, 0x74, 0x6d, 0x70])
  expect(changeAnswer(invalid, changes[0]!).bytes).toBe(invalid)
})

test('strings of JSON are changed as what they mean, also where it is cut short', () => {
  const change = (text: string) => text.replaceAll('\n/tmp/x', '\n"work"')
  expect(changeJsonText('{ "a": "ls\\n/tmp/x", "b": [1, "\\u00fc\\n/tm', change)).toBe(
    '{ "a": "ls\\n\\"work\\"", "b": [1, "\\u00fc\\n/tm',
  )
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, at) => {
      expect(changeJsonText(text.slice(0, at), (string) => string)).toBe(text.slice(0, at))
      const upper = (value: unknown) => changeTexts(value, (string) => string.toUpperCase())
      const keyless = /"(?:[^"\\]|\\.)*"\s*:/.test(text)
      if (!keyless) expect(JSON.parse(changeJsonText(text, (s) => s.toUpperCase()))).toEqual(upper(JSON.parse(text)))
    }),
  )
})

test('any bytes stay as they are where there is nothing to change, and offsets never leave the answer', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (array) => {
      expect(changeAnswer(Buffer.from(array), (text) => text).bytes).toEqual(Buffer.from(array))
    }),
  )
  const pieces = fc.array(words, { minLength: 1 })
  fc.assert(
    fc.property(pieces, (texts) => {
      const bytes = sse(texts.map((text) => delta(0, { type: 'text_delta', text })))
      const { bytes: changed, moved } = changeAnswer(bytes, changes[0]!)
      const offsets = Array.from({ length: bytes.length + 1 }, (_, offset) => moved(offset))
      expect(offsets.toSorted((left, right) => left - right)).toEqual(offsets)
      expect(offsets.at(-1)).toBe(changed.length)
      expect(textsOf(changed)).toEqual([changes[0]!(texts.join(''))])
    }),
  )
})
