import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheTtl } from '../cache-strategy.ts'
import { noCallUsage, type CallUsage } from '../call-usage.ts'
import { costOfCall } from '../prices/cost-of-call.ts'
import { findPrice } from '../prices/find-price.ts'
import { listPrices } from '../prices/list-prices.ts'
import { overridePrices } from '../prices/override-prices.ts'
import { adviceOn } from './advice-on.ts'
import type { AdviceRow } from './conversations.ts'
import type { CostFindingCode } from './cost-finding.ts'

const model = 'claude-opus-5-5'
const begin = Date.parse('2026-11-21T08:00:00Z')

interface Call {
  readonly minute: number
  readonly usage: Partial<CallUsage>
}

interface Rows {
  readonly session?: string
  readonly thread?: string | null
  readonly kind?: string
  readonly model?: string
}

const rowsOf = (calls: readonly Call[], group: Rows = {}): AdviceRow[] =>
  calls.map(({ minute, usage }) => ({
    group: {
      session: 'sesn_1',
      thread: null,
      model,
      kind: 'turn',
      run: 'run_1',
      ...group,
      minute: new Date(begin + minute * 60_000).toISOString().slice(0, 16),
    },
    calls: 1,
    ...noCallUsage,
    ...usage,
    costNanoUsd: 0n,
    listCostNanoUsd: 0n,
    presumedNanoUsd: 0n,
    unpricedCalls: 0,
  }))

/** A conversation that grows, as the service bills it: what lies in the cache is read, the rest written. */
function conversation(pauses: readonly number[], { ttl, grows = 1_000 }: { ttl: CacheTtl; grows?: number }): Call[] {
  const lives = ttl === '1h' ? 60 : 5
  let minute = 0
  return [0, ...pauses].map((pause, index) => {
    minute += pause
    const prompt = 20_000 + grows * index
    const read = index > 0 && pause < lives ? prompt - grows : 0
    const written = prompt - read
    const writes = ttl === '1h' ? { cacheWrite1hInputTokens: written } : { cacheWrite5mInputTokens: written }
    return { minute, usage: { inputTokens: 10, outputTokens: 100, cacheReadInputTokens: read, ...writes } }
  })
}

const price = findPrice(listPrices, model, { at: new Date(begin) })!
const costOf = (calls: readonly Call[]): bigint =>
  calls.reduce((sum, { usage }) => sum + costOfCall({ ...noCallUsage, ...usage }, price), 0n)

const advice = (rows: readonly AdviceRow[]) => adviceOn(rows, { prices: listPrices, hasOwnPrices: false })
const found = (rows: readonly AdviceRow[], code: CostFindingCode) =>
  advice(rows).findings.find((finding) => finding.code === code)

/** Rounding of costs, call by call. */
const rounding = 100n

describe('an hour in the cache', () => {
  const pauses = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 90 })), {
    minLength: 1,
    maxLength: 30,
  })

  test('saves at least what is told, where it is advised', () => {
    fc.assert(
      fc.property(pauses, fc.integer({ min: 0, max: 30_000 }), (drawn, grows) => {
        const [short, long] = [conversation(drawn, { ttl: '5m', grows }), conversation(drawn, { ttl: '1h', grows })]
        const told = found(rowsOf(short), 'pauses')?.savesNanoUsd ?? 0n
        expect(told <= costOf(short) - costOf(long) + rounding || told === 0n).toBe(true)
      }),
    )
  })

  test('is advised wherever pauses are common', () => {
    const pausing = conversation([10, 12, 20, 8, 30], { ttl: '5m' })
    const saved = costOf(pausing) - costOf(conversation([10, 12, 20, 8, 30], { ttl: '1h' }))
    const finding = found(rowsOf(pausing), 'pauses')!
    expect(finding).toMatchObject({ option: 'cache.main', value: `'1h'`, calls: 6, sessions: 1, certainty: 'exact' })
    expect(finding.savesNanoUsd > (saved * 9n) / 10n).toBe(true)
  })

  test('is no longer advised where too few conversations of the role pause', () => {
    const pausing = rowsOf(conversation([10], { ttl: '5m' }))
    const others = Array.from({ length: 20 }, (_, index) =>
      rowsOf(conversation([1, 1], { ttl: '5m' }), { session: `sesn_other${index}` }),
    )
    expect(found(pausing, 'pauses')).toBeDefined()
    expect(found([...pausing, ...others.flat()], 'pauses')).toBeUndefined()
    // Sub-agents have an option of their own.
    const subAgents = others.flat().map((row) => ({ ...row, group: { ...row.group, thread: 'a1' } }))
    expect(found([...pausing, ...subAgents], 'pauses')).toBeDefined()
  })

  test('is advised against where five minutes would have cost less, by no more than that', () => {
    fc.assert(
      fc.property(pauses, fc.integer({ min: 0, max: 30_000 }), (drawn, grows) => {
        const [short, long] = [conversation(drawn, { ttl: '5m', grows }), conversation(drawn, { ttl: '1h', grows })]
        const told = found(rowsOf(long), 'hour_unused')?.savesNanoUsd ?? 0n
        // A pause of five minutes, as the ledger tells it, may have been a little more.
        const isClear = drawn.every((pause) => pause !== 5 && pause !== 60)
        if (isClear) expect(told <= costOf(long) - costOf(short) + rounding || told === 0n).toBe(true)
      }),
    )
    const busy = conversation([1, 2, 1, 3], { ttl: '1h' })
    expect(found(rowsOf(busy), 'hour_unused')).toMatchObject({ option: 'cache.main', value: `'5m'` })
  })
})

describe('a cache that is used badly', () => {
  test('is written at every call, because prompts change where they begin', () => {
    const calls = [1, 2, 3, 4, 5, 6].map((minute) => ({ minute, usage: { cacheWrite5mInputTokens: 30_000 } }))
    // Written once instead of six times, with twice the average for growth: 120,000 tokens at 5.00 and not 0.20.
    expect(found(rowsOf(calls), 'changing_prompt')).toMatchObject({ savesNanoUsd: 576_000_000n, certainty: 'about' })
    expect(found(rowsOf(conversation([1, 1, 1, 1, 1], { ttl: '5m' })), 'changing_prompt')).toBeUndefined()
  })

  test('is written and never read by sessions of one call', () => {
    const sessions = Array.from({ length: 10 }, (_, index) =>
      rowsOf([{ minute: index, usage: { cacheWrite5mInputTokens: 10_000 } }], { session: `sesn_${index}` }),
    )
    // 100,000 tokens at 5.00 and not 4.00.
    expect(found(sessions.flat(), 'cache_unused')).toMatchObject({
      savesNanoUsd: 100_000_000n,
      role: null,
      sessions: 10,
    })
    expect(found(rowsOf(conversation([1, 1], { ttl: '5m' })), 'cache_unused')).toBeUndefined()
  })

  test('is not used at all by long conversations', () => {
    const calls = [1, 2, 3, 4].map((minute) => ({ minute, usage: { inputTokens: 20_000 } }))
    // 40,000 tokens written, 40,000 read: 0.2 and 0.008 dollars instead of 0.32.
    expect(found(rowsOf(calls), 'not_cached')).toMatchObject({ savesNanoUsd: 112_000_000n })
    const small = calls.map(({ minute }) => ({ minute, usage: { inputTokens: 2_000 } }))
    expect(found(rowsOf(small), 'not_cached')).toBeUndefined()
  })
})

describe('prices', () => {
  test('of long prompts are told as far as prompts can be shorter', () => {
    const haiku = { model: 'claude-haiku-5-5' }
    const usage = { cacheReadInputTokens: 150_000, outputTokens: 1_000 }
    // 0.0075 + 0.0025 dollars instead of 0.0015 + 0.0005.
    expect(found(rowsOf([{ minute: 1, usage }], haiku), 'long_prompts')).toMatchObject({
      savesNanoUsd: 8_000_000n,
      certainty: 'at_most',
    })
    expect(found(rowsOf([{ minute: 1, usage }]), 'long_prompts')).toBeUndefined()
  })

  test('that are missing, or are the public ones among one’s own, are named', () => {
    const rows = [
      ...rowsOf([{ minute: 1, usage: { inputTokens: 5 } }], { model: 'house-model' }),
      ...rowsOf([{ minute: 1, usage: { inputTokens: 5 } }]),
    ]
    expect(advice(rows).findings.map(({ code, model: named }) => [code, named])).toEqual([['unpriced', 'house-model']])
    const own = overridePrices(listPrices, {
      models: { 'house-model': [{ input: 1, output: 2, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 }] },
    })
    const { findings } = adviceOn(rows, { prices: own, hasOwnPrices: true })
    expect(findings.map(({ code, model: named }) => [code, named])).toEqual([['list_price', model]])
  })
})

test('the price of keeping an average conversation warm is told', () => {
  const { keepWarm } = advice(rowsOf(conversation([1, 1], { ttl: '5m' })))
  // 21,000 tokens: 0.0042 dollars a reading and ten for input and one for output.
  expect(keepWarm).toMatchObject([{ model, ttl: '5m', cachedTokens: 21_000, pingNanoUsd: 4_260_000n, pings: 13 }])
})

test('nothing follows from nothing, and from calls beside a conversation', () => {
  expect(advice([])).toEqual({ findings: [], keepWarm: [] })
  const side = rowsOf([{ minute: 1, usage: { cacheWrite5mInputTokens: 90_000 } }], { kind: 'side' })
  expect(advice(side)).toEqual({ findings: [], keepWarm: [] })
})
