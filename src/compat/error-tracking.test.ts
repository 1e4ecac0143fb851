import { expect, test } from 'vitest'
import { createAgentError, formatAgentError } from './error-tracking.ts'

test('an error keeps its context, and the stack of its cause', () => {
  const cause = new Error('boom')
  expect(createAgentError('tool_error', 'it failed', { exitCode: 2 }, cause)).toEqual({
    type: 'tool_error',
    message: 'it failed',
    stack: cause.stack,
    context: { prompt: '', exitCode: 2 },
  })
  expect(createAgentError('unknown', 'why', { prompt: 'go' })).toEqual({
    type: 'unknown',
    message: 'why',
    context: { prompt: 'go' },
  })
})

test('what is printed is short', () => {
  const stderr = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join('\n')
  const error = createAgentError('api_error', 'busy', { executionTime: 0, exitCode: 1, sandboxId: 'sbx', stderr })
  expect(formatAgentError(error)).toBe(
    [
      'Agent error (api_error)',
      '  busy',
      '  Exit code: 1',
      '  Time: 0 ms',
      '  Sandbox: sbx',
      '  Standard error:',
      ...Array.from({ length: 10 }, (_, index) => `    line ${index + 1}`),
      '    … 2 more lines',
    ].join('\n'),
  )
  expect(formatAgentError(createAgentError('unknown', 'why', {}))).toBe('Agent error (unknown)\n  why')
})
