import { describe, expect, it } from 'vitest'
import { estimateInput, estimateOutput } from './usage-estimate.ts'

const marked = (text: string) => [{ type: 'text', text, cache_control: { type: 'ephemeral' } }]
const total = (body: object) => {
  const usage = estimateInput(body as Record<string, unknown>)
  return (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)
}

describe('estimateInput', () => {
  const first = { messages: [{ role: 'user', content: marked('x'.repeat(4000)) }] }
  const second = {
    messages: [...first.messages, { role: 'assistant', content: 'ok' }, { role: 'user', content: marked('y') }],
  }

  it('counts four bytes a token, the same each time', () => {
    expect(total(first)).toBe(Math.ceil(JSON.stringify(first).length / 4))
    expect(estimateInput(first)).toEqual(estimateInput(first))
  })

  it('writes the cache first and reads it later', () => {
    expect(estimateInput(first)).toMatchObject({ cache_read_input_tokens: 0 })
    const later = estimateInput(second)
    expect(later.cache_read_input_tokens).toBeGreaterThan(900)
    expect(later.cache_creation_input_tokens).toBeLessThan(100)
    expect(later.cache_creation).toEqual({
      ephemeral_5m_input_tokens: later.cache_creation_input_tokens,
      ephemeral_1h_input_tokens: 0,
    })
    expect(total(second)).toBe(Math.ceil(JSON.stringify(second).length / 4))
  })

  it('caches nothing that was not asked for, and for an hour what was', () => {
    expect(estimateInput({ messages: [{ role: 'user', content: 'x' }] })).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    })
    const hour = {
      messages: [
        {
          role: 'user',
          content: [{ type: 'text', text: 'x'.repeat(99), cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
      ],
    }
    expect(estimateInput(hour).cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(20)
  })
})

it('estimateOutput is never nothing', () => {
  expect(estimateOutput([])).toBeGreaterThan(0)
  expect(estimateOutput([{ type: 'text', text: 'x'.repeat(400) }])).toBeGreaterThan(100)
})
