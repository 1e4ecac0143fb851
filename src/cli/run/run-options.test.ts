import { expect, test } from 'vitest'
import type { RunFlags } from './run-flags.ts'
import { runOptions } from './run-options.ts'

const situation = { prompt: 'hi', sessionId: null, canAsk: false }

test('flags become options, and only those that were given', () => {
  expect(runOptions({ prompt: ['hi'] }, situation)).toEqual({ prompt: 'hi', approvals: 'refuse' })
  const flags = {
    prompt: ['hi'],
    'allowed-tools': 'Bash(ls a,b), Read',
    'timeout-seconds': '1.5',
    'max-turns': '3',
    tag: 'x,y',
  }
  expect(runOptions(flags, situation)).toMatchObject({
    allowedTools: ['Bash(ls a,b)', 'Read'],
    timeoutMs: 1500,
    maxTurns: 3,
    tags: ['x', 'y'],
  })
})

test('somebody is asked only where somebody sits', () => {
  const approvals = (approvals: string | undefined, canAsk: boolean) =>
    runOptions({ prompt: [], approvals }, { ...situation, canAsk }).approvals
  expect(approvals(undefined, true)).toBe('wait')
  expect(approvals(undefined, false)).toBe('refuse')
  expect(approvals('refuse', true)).toBe('refuse')
  expect(approvals('stop', true)).toBe('stop')
  expect(() => approvals('ask', false)).toThrow('needs a terminal')
})

test.each([{ 'max-turns': '0' }, { 'max-turns': '1.5' }, { 'timeout-seconds': 'soon' }, { 'timeout-seconds': '-1' }])(
  '%j is refused',
  (flags) => {
    expect(() => runOptions({ prompt: [], ...flags }, situation)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    )
  },
)

test('the cache is what the flags say, in milliseconds', () => {
  const flags = { prompt: ['hi'], 'cache-ttl': '1h', 'keep-warm-minutes': '90' }
  expect(runOptions(flags, situation).cache).toEqual({ main: '1h', keepWarm: { forMs: 5_400_000 } })
})

test('the folder is saved as usual, before the named tools too, or not at all', () => {
  const checkpointsOf = (flags: Partial<RunFlags>) => runOptions({ prompt: ['hi'], ...flags }, situation).checkpoints
  expect(checkpointsOf({})).toBeUndefined()
  expect(checkpointsOf({ 'checkpoint-before': 'Bash, mcp__db__*' })).toEqual({ beforeTools: ['Bash', 'mcp__db__*'] })
  expect(checkpointsOf({ checkpoints: false })).toBe('off')
  expect(() => checkpointsOf({ checkpoints: false, 'checkpoint-before': 'Bash' })).toThrow('exclude each other')
})
