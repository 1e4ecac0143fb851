import { describe, expect, it } from 'vitest'
import { ruleFits, textFits } from './rule-matching.ts'
import type { ScriptRule } from './script.ts'
import type { ScriptRequest } from './script-request.ts'

const request: ScriptRequest = {
  kind: 'turn',
  model: 'claude-haiku-4-5',
  thread: null,
  session: 's',
  turn: 2,
  request: 3,
  lastUserText: '',
  prompt: 'fix the bug',
  toolResults: [{ toolUseId: '1', tool: 'Bash', text: 'tests: 1 failed', isError: true }],
  systemText: 'You review code.',
  cwd: '/w',
  tools: ['Bash'],
  body: {},
}
const fits = (when: ScriptRule['when'], changes: Partial<ScriptRequest> = {}) =>
  ruleFits({ ...(when === undefined ? {} : { when }), reply: 'x' }, { ...request, ...changes })

describe('ruleFits', () => {
  it.each<[ScriptRule['when'], boolean]>([
    [undefined, true],
    [{}, true],
    [{ turn: 2, request: [1, 3] }, true],
    [{ turn: 1 }, false],
    [{ request: [1, 2] }, false],
    [{ prompt: 'bug' }, true],
    [{ prompt: 'feature' }, false],
    [{ lastUserText: 'bug' }, false],
    [{ model: { matches: 'HAIKU', flags: 'i' } }, true],
    [{ model: { matches: 'HAIKU' } }, false],
    [{ toolResult: true }, true],
    [{ toolResult: false }, false],
    [{ toolResult: 'Bash' }, true],
    [{ toolResult: 'Read' }, false],
    [{ toolResult: { tool: 'Bash', text: '1 failed', isError: true } }, true],
    [{ toolResult: { tool: 'Bash', isError: false } }, false],
    [{ toolResult: { text: { equals: 'tests' } } }, false],
    [{ agent: false }, true],
    [{ agent: true }, false],
    [{ agent: 'review' }, false],
    [{ kind: 'compaction' }, false],
    [({ tools }) => tools.includes('Bash'), true],
    [({ tools }) => tools.includes('Read'), false],
  ])('%o: %s', (when, expected) => {
    expect(fits(when)).toBe(expected)
  })

  it('tells sub-agents by their system prompt', () => {
    expect(fits({ agent: 'review' }, { thread: 'a1' })).toBe(true)
    expect(fits({ agent: 'write' }, { thread: 'a1' })).toBe(false)
    expect(fits({ agent: true }, { thread: 'a1' })).toBe(true)
  })

  it('leaves requests beside the conversation to rules that name their kind', () => {
    expect(fits({}, { kind: 'compaction' })).toBe(false)
    expect(fits(() => true, { kind: 'side' })).toBe(false)
    expect(fits({ kind: 'side' }, { kind: 'side' })).toBe(true)
  })
})

describe('textFits', () => {
  it('does not stumble over the state of a global expression', () => {
    const pattern = /a/g
    expect([textFits(pattern, 'a'), textFits(pattern, 'a')]).toEqual([true, true])
  })
})
