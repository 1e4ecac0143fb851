import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { openCalls, wholePart } from './whole-part.ts'

const prompt: TranscriptEntry = { type: 'user', message: { role: 'user', content: 'Go on.' } }
const text: TranscriptEntry = { type: 'assistant', message: { content: [{ type: 'text', text: 'Yes.' }] } }
const note: TranscriptEntry = { type: 'attachment', attachment: {} }
const call = (id: string): TranscriptEntry => ({
  type: 'assistant',
  message: { content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
})
const result = (id: string): TranscriptEntry => ({
  type: 'user',
  message: { content: [{ type: 'tool_result', tool_use_id: id, content: '' }] },
})
const id = fc.constantFrom('one', 'two', 'three')
const transcript = fc.array(fc.oneof(fc.constantFrom(prompt, text, note), id.map(call), id.map(result)))
const none: ReadonlySet<string> = new Set()

it('is the longest beginning without a call that has no result, and ends with the agent’s own', () => {
  fc.assert(
    fc.property(transcript, (entries) => {
      const part = wholePart(entries, { heldCalls: none })
      expect(part).toEqual(entries.slice(0, part.length))
      expect(openCalls(part)).toEqual([])
      const isGood = (length: number): boolean => {
        const last = entries[length - 1]
        return openCalls(entries.slice(0, length)).length === 0 && last !== undefined && ![prompt, note].includes(last)
      }
      expect(part.length === 0 || isGood(part.length)).toBe(true)
      for (let length = part.length + 1; length <= entries.length; length++) expect(isGood(length)).toBe(false)
    }),
  )
})

it('keeps calls that wait for a person, and what stands beside them', () => {
  const entries = [prompt, text, call('one'), call('two'), result('one')]
  expect(wholePart(entries, { heldCalls: new Set(['two']) })).toEqual(entries)
  expect(wholePart(entries, { heldCalls: none })).toEqual([prompt, text])
})
