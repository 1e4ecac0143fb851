import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  exportTraceContext,
  getBraintrustLogger,
  initializeBraintrust,
  shouldSampleTrace,
  traceAgentExecution,
} from './observability.ts'

beforeEach(() => {
  for (const name of ['API_KEY', 'PROJECT_NAME', 'SAMPLE_RATE']) vi.stubEnv(`BRAINTRUST_${name}`, undefined)
})
afterEach(() => vi.unstubAllEnvs())

describe('a sample', () => {
  test('has a prompt or has it not, and keeps it at every higher rate', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.string(), rate, rate, (prompt, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)]
        expect(shouldSampleTrace(prompt, low)).toBe(shouldSampleTrace(prompt, low))
        if (shouldSampleTrace(prompt, low)) expect(shouldSampleTrace(prompt, high)).toBe(true)
        expect(shouldSampleTrace(prompt, 0)).toBe(false)
        expect(shouldSampleTrace(prompt, 1)).toBe(true)
      }),
    )
  })

  test.each([0.05, 0.5, 0.9])('takes about %d of all prompts', (rate) => {
    const taken = Array.from({ length: 5000 }, (_, index) => shouldSampleTrace(`prompt ${index}`, rate)).filter(Boolean)
    expect(taken.length / 5000).toBeCloseTo(rate, 1)
  })

  test('takes its rate from the environment, and all without one', () => {
    expect(shouldSampleTrace('x')).toBe(true)
    vi.stubEnv('BRAINTRUST_SAMPLE_RATE', '0')
    expect(shouldSampleTrace('x')).toBe(false)
    vi.stubEnv('BRAINTRUST_SAMPLE_RATE', 'often')
    expect(() => shouldSampleTrace('x')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})

test('nobody asked for traces: there is no logger, and a traced function simply runs', async () => {
  expect([initializeBraintrust(), getBraintrustLogger()]).toEqual([null, null])
  expect(await traceAgentExecution('run', { user: 1 }, async (span) => ({ span }))).toEqual({ span: null })
})

test('asked for traces, it refuses', () => {
  vi.stubEnv('BRAINTRUST_API_KEY', 'key')
  for (const ask of [initializeBraintrust, getBraintrustLogger]) {
    expect(ask).toThrow(expect.objectContaining({ code: 'option_not_supported' }))
  }
})

test('the context of a span', async () => {
  expect(await exportTraceContext(null)).toBeNull()
  const span = { id: 'trace', span_id: 'span', log: () => {} }
  expect(await exportTraceContext(span)).toEqual({ traceId: 'trace', spanId: 'span', projectName: 'claude-agent-sdk' })
  vi.stubEnv('BRAINTRUST_PROJECT_NAME', 'mine')
  expect((await exportTraceContext({ id: 'trace', log: () => {} }))?.projectName).toBe('mine')
})
