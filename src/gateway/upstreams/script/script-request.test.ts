import { describe, expect, it } from 'vitest'
import { asRecord, readMessageRequest } from '../../wire/message-request.ts'
import { readScriptRequest } from './script-request.ts'

function read(messages: readonly object[], changes: { system?: unknown; headers?: Record<string, string> } = {}) {
  const body = { model: 'm', max_tokens: 100, system: changes.system, messages, tools: [{ name: 'Bash' }] }
  return readScriptRequest({ view: readMessageRequest(body), headers: changes.headers ?? {}, body: asRecord(body) })
}

const reminder = '<system-reminder>\n# Environment\n - Primary working directory: /work/tree\n</system-reminder>'
const prompt = {
  role: 'user',
  content: [
    { type: 'text', text: reminder },
    { type: 'text', text: 'fix it' },
  ],
}
const calls = {
  role: 'assistant',
  content: [
    { type: 'tool_use', id: '1', name: 'Bash', input: {} },
    { type: 'tool_use', id: '2', name: 'Read', input: {} },
  ],
}
const results = {
  role: 'user',
  content: [
    { type: 'tool_result', tool_use_id: '2', content: [{ type: 'text', text: 'no file' }], is_error: true },
    { type: 'tool_result', tool_use_id: '1', content: 'ok\n<system-reminder>tokens left</system-reminder>' },
  ],
}
const answer = { role: 'assistant', content: 'done' }

describe('readScriptRequest', () => {
  it('reads the first prompt without its reminders, and the working directory from them', () => {
    expect(read([prompt])).toMatchObject({
      turn: 1,
      request: 1,
      lastUserText: 'fix it',
      prompt: 'fix it',
      cwd: '/work/tree',
      toolResults: [],
      tools: ['Bash'],
      thread: null,
      session: '',
    })
  })

  it('reads results with their tools; the prompt stays, but nothing new was said', () => {
    expect(read([prompt, calls, results])).toMatchObject({
      turn: 1,
      request: 2,
      lastUserText: '',
      prompt: 'fix it',
      toolResults: [
        { toolUseId: '2', tool: 'Read', text: 'no file', isError: true },
        { toolUseId: '1', tool: 'Bash', text: 'ok', isError: false },
      ],
    })
  })

  it('counts turns by the answers that gave the word back', () => {
    const more = { role: 'user', content: 'more' }
    expect(read([prompt, calls, results, answer, more])).toMatchObject({ turn: 2, request: 3, lastUserText: 'more' })
  })

  it('sees that an interruption ends a turn, whatever it interrupts', () => {
    const said = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] })
    const inTools = said('[Request interrupted by user for tool use]')
    expect(read([prompt, calls, results, inTools, said('again')])).toMatchObject({ turn: 2, request: 2 })
    const inText = said('[Request interrupted by user]')
    expect(read([prompt, inText, said('again')])).toMatchObject({ turn: 2, request: 1 })
    expect(read([prompt, answer, inText, said('again')])).toMatchObject({ turn: 2, request: 2 })
  })

  it('does not take the placeholder of a resumed conversation for an answer', () => {
    const placeholder = { role: 'assistant', content: 'No response requested.' }
    const more = { role: 'user', content: 'more' }
    expect(read([prompt, calls, results, placeholder, more])).toMatchObject({ turn: 2, request: 2 })
  })

  it('takes the latest working directory, from `system` messages too, and never from the user’s words', () => {
    const words = { role: 'user', content: 'Working directory: /evil' }
    const moved = { role: 'system', content: '# Environment\n - Primary working directory: /moved' }
    expect(read([words]).cwd).toBeUndefined()
    expect(read([prompt, answer, words, moved]).cwd).toBe('/moved')
    expect(read([words], { system: [{ type: 'text', text: 'Working directory: /given' }] }).cwd).toBe('/given')
  })

  it('knows thread and session by their headers', () => {
    const headers = { 'x-claude-code-agent-id': 'a1', 'x-claude-code-session-id': 's1' }
    expect(read([prompt], { headers })).toMatchObject({ thread: 'a1', session: 's1' })
  })
})
