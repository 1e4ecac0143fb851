import { expect, test } from 'vitest'
import { calculateCost, formatCost, parseTokenUsage } from './cost-tracking.ts'

const usage = { promptTokens: 10_000, completionTokens: 2_000, cachedTokens: 5_000 }

test('each kind of token has its price, and E2B its own', () => {
  const cost = calculateCost(
    'claude-sonnet-4-5-20250929',
    { ...usage, cacheWriteTokens: 1_000, cacheWrite1hTokens: 2_000 },
    { durationSeconds: 100, cpuCount: 2 },
  )
  expect(cost.claude).toMatchObject({ promptTokens: 10_000, cachedTokens: 5_000, cacheWriteTokens: 3_000 })
  expect(cost.claude.promptCost).toBeCloseTo(0.03, 12)
  expect(cost.claude.completionCost).toBeCloseTo(0.03, 12)
  expect(cost.claude.cachedCost).toBeCloseTo(0.0015, 12)
  expect(cost.claude.cacheWriteCost).toBeCloseTo(0.00375 + 0.012, 12)
  expect(cost.e2b.cost).toBeCloseTo(0.0028, 12)
  expect(cost.total).toBeCloseTo(0.07725 + 0.0028, 12)
})

test('the price of a cache read follows its model, not a fixed share of the input', () => {
  const read = { promptTokens: 0, completionTokens: 0, cachedTokens: 1_000_000 }
  expect(calculateCost('claude-sonnet-5-5', read).total).toBeCloseTo(0.1, 12)
  expect(calculateCost('claude-sonnet-4-5[1m]', read).total).toBeCloseTo(0.3, 12)
})

test('a price that depends on the length of each prompt is only known for short ones', () => {
  expect(calculateCost('claude-haiku-5-5', usage).total).toBeCloseTo(0.00205, 12)
  expect(() =>
    calculateCost('claude-haiku-5-5', { promptTokens: 99_000, completionTokens: 1, cachedTokens: 2_000 }),
  ).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test.each([-1, Number.NaN, Infinity])('%d tokens are no count', (completionTokens) => {
  expect(() => calculateCost('claude-sonnet-5-5', { promptTokens: 1, completionTokens })).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  )
})

test.each(['constructor', '__proto__', 'claude-sonnet', ''])('the name %j has no price', (model) => {
  expect(() => calculateCost(model, usage)).toThrow(expect.objectContaining({ code: 'model_not_found' }))
})

test('the breakdown leaves out what did not happen', () => {
  const model = 'claude-sonnet-4-5'
  expect(formatCost(calculateCost(model, { promptTokens: 10_000, completionTokens: 2_000 }))).toBe(
    'Claude\n  Prompt: 10,000 tokens ($0.0300)\n  Completion: 2,000 tokens ($0.0300)\n  Total: $0.0600\nTotal: $0.0600',
  )
  const all = { ...usage, cacheWriteTokens: 2_000 }
  expect(formatCost(calculateCost(model, all, { durationSeconds: 100, cpuCount: 2 }))).toBe(
    [
      'Claude',
      '  Prompt: 10,000 tokens ($0.0300)',
      '  Completion: 2,000 tokens ($0.0300)',
      '  Cache read: 5,000 tokens ($0.0015)',
      '  Cache write: 2,000 tokens ($0.0075)',
      '  Total: $0.0690',
      'E2B: 100.0 s on 2 CPUs ($0.0028)',
      'Total: $0.0718',
    ].join('\n'),
  )
})

test.each([
  ['nothing', 'no JSON', [0, 0, 0]],
  ['broken JSON', '{"usage": {"input_tokens": 1', [0, 0, 0]],
  ['one', 'x {"result":"y","usage": {"input_tokens": 5, "output_tokens": 6}} z', [5, 6, 0]],
  ['the last one', '{"usage":{"input_tokens":1}}\n{"usage":{"input_tokens":7,"cache_read_input_tokens":3}}', [7, 0, 3]],
])('the usage of an output with %s', (_what, stdout, [promptTokens, completionTokens, cachedTokens]) => {
  expect(parseTokenUsage(stdout)).toEqual({ promptTokens, completionTokens, cachedTokens })
})
