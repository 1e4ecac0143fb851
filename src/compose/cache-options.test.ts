import { expect, test } from 'vitest'
import { cacheStrategyOf } from './cache-options.ts'
import { splitOptions } from './split-options.ts'

test('what is left out is left to the agent', () => {
  expect(cacheStrategyOf(undefined, { isReplay: false })).toBeNull()
  expect(cacheStrategyOf({ subAgents: '5m' }, { isReplay: false })).toEqual({
    main: null,
    subAgents: '5m',
    keepWarm: null,
  })
  expect(cacheStrategyOf({ keepWarm: { forMs: 60_000, maxCostUSD: 0.5 } }, { isReplay: false })?.keepWarm).toEqual({
    forMs: 60_000,
    maxCostNanoUsd: 500_000_000n,
  })
})

test('nothing is kept warm in a replay', () => {
  expect(cacheStrategyOf({ main: '1h', keepWarm: { forMs: 60_000 } }, { isReplay: true })).toEqual({
    main: '1h',
    subAgents: null,
    keepWarm: null,
  })
})

test.each([
  { main: '10m' },
  { keepWarm: {} },
  { keepWarm: { forMs: 0 } },
  { keepWarm: { forMs: 1, maxCostUSD: 0 } },
  { side: '1h' },
])('%j is refused', (cache) => {
  expect(() => splitOptions({ prompt: 'hi', cache: cache as never })).toThrow(
    expect.objectContaining({ code: 'invalid_request', details: { option: 'cache' } }),
  )
})
