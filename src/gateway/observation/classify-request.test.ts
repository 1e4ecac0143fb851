import { describe, expect, it } from 'vitest'
import { readMessageRequest } from '../wire/message-request.ts'
import { classifyRequest, tailTextOf, toolResultIdsOf } from './classify-request.ts'

const body = {
  model: 'm',
  max_tokens: 32000,
  messages: [{ role: 'user', content: 'hi' }],
  tools: [{ name: 'Bash', input_schema: {} }],
}
const classify = (changes: object): string => classifyRequest(readMessageRequest({ ...body, ...changes }))

describe('classifyRequest', () => {
  it('takes the agent’s loop for a turn, whatever thinking, tools and streaming it uses', () => {
    expect(classify({})).toBe('turn')
    expect(classify({ tools: [], stream: true, temperature: 1, context_management: {} })).toBe('turn')
    expect(classify({ output_config: { effort: 'medium' } })).toBe('turn')
    expect(classify({ tool_choice: { type: 'tool', name: 'Bash' } })).toBe('turn')
  })

  it('sets probes, titles and the inner call of a web search aside', () => {
    expect(classify({ max_tokens: 1 })).toBe('side')
    expect(classify({ output_config: { format: { type: 'json_schema', schema: {} } } })).toBe('side')
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    expect(classify({ tools, tool_choice: { type: 'tool', name: 'web_search' } })).toBe('side')
    // Newer models are not forced to call it.
    expect(classify({ tools, tool_choice: { type: 'auto' } })).toBe('side')
    expect(classify({ tools: [...tools, ...body.tools] })).toBe('turn')
  })

  it('knows the request for a summary by the words at its end', () => {
    const summary = {
      role: 'user',
      content: [{ type: 'text', text: 'Summarise. CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.' }],
    }
    expect(classify({ messages: [...body.messages, { role: 'assistant', content: 'a' }, summary] })).toBe('compaction')
    const later = [summary, { role: 'assistant', content: 'a' }, { role: 'user', content: 'go on' }]
    expect(classify({ messages: later })).toBe('turn')
  })

  it('reads anything without failing', () => {
    for (const value of [
      undefined,
      null,
      3,
      'text',
      [],
      { messages: 'x', tools: 3, system: {} },
      { messages: [null, 3] },
    ]) {
      expect(classifyRequest(readMessageRequest(value))).toBe('turn')
    }
  })
})

describe('what is new in a request', () => {
  const { messages } = readMessageRequest({
    messages: [
      { role: 'user', content: 'first' },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'old', content: 'x' }] },
      { role: 'assistant', content: 'answer' },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'new', content: 'y' },
          { type: 'text', text: 'and this' },
        ],
      },
      { role: 'system', content: 'reminder' },
    ],
  })

  it('is what follows the last answer', () => {
    expect(toolResultIdsOf(messages)).toEqual(['new'])
    expect(tailTextOf(messages)).toBe('and this\nreminder')
  })
})
