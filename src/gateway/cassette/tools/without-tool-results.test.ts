import { describe, expect, test } from 'vitest'
import { withoutToolResults } from './without-tool-results.ts'

const text = (words: string) => ({ type: 'text', text: words })
const result = (content: unknown) => ({ type: 'tool_result', tool_use_id: 'toolu_1', content, is_error: false })
const question = { role: 'user', content: [text('<system-reminder>\nalways\n</system-reminder>'), text('go')] }
const call = {
  role: 'assistant',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'a' } }],
}

describe('what is compared where results come from the recording', () => {
  test('leaves out results, and what the agent says beside them', () => {
    const live = {
      tools: [],
      messages: [question, call, { role: 'user', content: [result('refused'), text('and now this')] }],
    }
    const recorded = {
      tools: [],
      messages: [
        question,
        call,
        { role: 'user', content: [result([text('4711')]), text('<system-reminder>\na file changed\n</system-reminder>'), text('and now this')] },
        { role: 'system', content: [text('a file changed')] },
      ],
    } // prettier-ignore
    expect(withoutToolResults(live)).toEqual(withoutToolResults(recorded))
  })

  test('keeps calls, questions and the first words of the agent', () => {
    const messages = [question, { role: 'system', content: [text('# Environment')] }, call]
    expect(withoutToolResults({ messages })).toEqual({ messages })
    expect(withoutToolResults(undefined)).toBeUndefined()
  })
})
