import { describe, expect, it } from 'vitest'
import { asRecord, readMessageRequest } from '../../wire/message-request.ts'
import { contentOf } from './reply-content.ts'
import { readScriptRequest } from './script-request.ts'
import { fillTemplates } from './templates.ts'

function requestWith(tools: readonly object[] = []) {
  const reminder = '<system-reminder>Primary working directory: /w</system-reminder>'
  const call = { type: 'tool_use', id: '1', name: 'Bash', input: {} }
  const messages = [
    { role: 'user', content: `${reminder}say "hi" to $& and $1` },
    { role: 'assistant', content: [call] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: 'out' }] },
  ]
  const body = { model: 'm', messages, tools, system: 'Working directory: /w' }
  return readScriptRequest({ view: readMessageRequest(body), headers: {}, body: asRecord(body) })
}

describe('fillTemplates', () => {
  it('fills every string, deep, literally, and leaves other braces alone', () => {
    const value = {
      a: ['{{ prompt }}', 3, null],
      b: { c: '{{cwd}}/x {{toolResult}} {{turn}}.{{request}} {{model}}' },
      d: '{{user.name}} {{other}} {x}',
    }
    expect(fillTemplates(value, requestWith())).toEqual({
      a: ['say "hi" to $& and $1', 3, null],
      b: { c: '/w/x out 1.2 m' },
      d: '{{user.name}} {{other}} {x}',
    })
    expect(fillTemplates('[{{lastUserText}}]', requestWith())).toBe('[]')
  })
})

describe('contentOf', () => {
  it('puts thinking, text and calls in the model’s order', () => {
    const reply = {
      text: 'in {{cwd}}',
      thinking: 'hm',
      tools: [{ name: 'Read', input: { file_path: '{{cwd}}/a' } }],
      tool: { name: 'Bash', id: 'toolu_x' },
    }
    expect(contentOf(reply, requestWith())).toEqual([
      { type: 'thinking', thinking: 'hm', signature: expect.any(String) as string },
      { type: 'text', text: 'in /w' },
      { type: 'tool_use', id: 'toolu_x', name: 'Bash', input: {} },
      { type: 'tool_use', id: expect.stringMatching(/^toolu_/) as string, name: 'Read', input: { file_path: '/w/a' } },
    ])
  })

  it('asks for the background only where the tool has that parameter', () => {
    const agent = { type: 'worker', prompt: 'count the files in this folder now', background: true }
    const withParameter = [{ name: 'Agent', input_schema: { properties: { run_in_background: {} } } }]
    expect(contentOf({ agents: [agent] }, requestWith())[0]?.['input']).toEqual({
      description: 'count the files in this',
      prompt: agent.prompt,
      subagent_type: 'worker',
    })
    expect(contentOf({ agent }, requestWith(withParameter))[0]?.['input']).toMatchObject({ run_in_background: true })
  })

  it('fills structured output and gives ids to calls among content blocks', () => {
    expect(contentOf({ structuredOutput: { n: 1 } }, requestWith())).toMatchObject([
      { name: 'StructuredOutput', input: { n: 1 } },
    ])
    const content = [
      { type: 'tool_use', name: 'Bash', input: {} },
      { type: 'redacted_thinking', data: 'x' },
    ]
    expect(contentOf({ content }, requestWith())).toMatchObject([
      { id: expect.stringMatching(/^toolu_/) as string },
      { data: 'x' },
    ])
  })
})
