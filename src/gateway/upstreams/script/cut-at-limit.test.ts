import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnswerBlock } from './reply-content.ts'
import { cutAtLimit } from './cut-at-limit.ts'

const text = fc.string({ minLength: 1, maxLength: 50 }).map((words) => ({ type: 'text', text: words }))
const call = fc.constant({ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } })

test('an answer beyond its limit is a beginning of itself, and says so', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, call), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 1_000 }),
      (content, tokens, maxTokens) => {
        const answer = { content, stopReason: 'end_turn', usage: { input_tokens: 5, output_tokens: tokens } }
        const cut = cutAtLimit(answer, maxTokens)
        if (tokens <= maxTokens) {
          expect(cut).toBe(answer)
          return
        }
        expect(cut).toMatchObject({ stopReason: 'max_tokens', usage: { input_tokens: 5, output_tokens: maxTokens } })
        for (const [index, block] of cut.content.entries()) {
          const whole: AnswerBlock = content[index]!
          if (index < cut.content.length - 1) expect(block).toBe(whole)
          else expect(JSON.stringify(whole)).toContain(JSON.stringify(block['text'] ?? block).slice(0, -1))
        }
        expect(JSON.stringify(cut.content).length).toBeLessThanOrEqual(JSON.stringify(content).length)
      },
    ),
  )
})

test('a call that is not complete is no call', () => {
  const content = [
    { type: 'text', text: 'I list it.' },
    { type: 'tool_use', id: 't', name: 'Bash', input: {} },
  ]
  const answer = { content, stopReason: 'tool_use', usage: { output_tokens: 100 } }
  expect(cutAtLimit(answer, 70)).toMatchObject({ content: [content[0]], stopReason: 'max_tokens' })
})

test('a request without a limit is answered whole', () => {
  const answer = { content: [{ type: 'text', text: 'hi' }], stopReason: 'end_turn', usage: { output_tokens: 9 } }
  expect(cutAtLimit(answer, undefined)).toBe(answer)
})
