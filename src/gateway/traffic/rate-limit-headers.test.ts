import { describe, expect, test } from 'vitest'
import { retryAfterMs, usedUpForMs } from './rate-limit-headers.ts'

const nowMs = Date.parse('2026-05-01T12:00:00Z')

describe('how long the service wants to be left alone', () => {
  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '7', 'retry-after-ms': '6900' }, 6_900],
    [{ 'retry-after': 'Fri, 01 May 2026 12:00:20 GMT' }, 20_000],
    // By the service's clock, which goes five seconds ahead.
    [{ 'retry-after': 'Fri, 01 May 2026 12:00:20 GMT', date: 'Fri, 01 May 2026 12:00:05 GMT' }, 15_000],
    [{ 'retry-after': 'Fri, 01 May 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j: %s ms', (headers, expected) => expect(retryAfterMs(headers, nowMs)).toBe(expected))
})

describe('limits that are used up', () => {
  const limit = (name: string, remaining: string, reset: string) => ({
    [`anthropic-ratelimit-${name}-remaining`]: remaining,
    [`anthropic-ratelimit-${name}-reset`]: reset,
  })

  test('the one that is filled last counts', () => {
    const headers = {
      ...limit('requests', '0', '2026-05-01T12:00:04Z'),
      ...limit('input-tokens', '0', '2026-05-01T12:00:09Z'),
      ...limit('output-tokens', '8000', '2026-05-01T12:00:30Z'),
    }
    expect(usedUpForMs(headers, nowMs)).toBe(9_000)
    expect(retryAfterMs(headers, nowMs)).toBe(9_000)
  })

  test('while something is left there is nothing to wait for', () => {
    expect(usedUpForMs(limit('requests', '1', '2026-05-01T12:00:04Z'), nowMs)).toBeUndefined()
    expect(usedUpForMs(limit('requests', '0', '2026-05-01T11:00:04Z'), nowMs)).toBeUndefined()
    expect(usedUpForMs({ 'anthropic-ratelimit-requests-remaining': '0' }, nowMs)).toBeUndefined()
  })

  test('a clock that goes wrong closes nothing for longer than a minute', () => {
    expect(usedUpForMs(limit('requests', '0', '2027-05-01T12:00:00Z'), nowMs)).toBe(60_000)
  })
})
