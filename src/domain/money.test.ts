import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { monetaryAmount, nanoUsdFromUsd, usdFromNanoUsd } from './money.ts'

const amounts = fc.bigInt({ min: 0n, max: 8_388_608n * 1_000_000_000n })

describe('dollars and nano-dollars', () => {
  test.each([
    [0, 0n],
    [0.000_000_001, 1n],
    [0.1, 100_000_000n],
    [0.0375, 37_500_000n],
    [1, 1_000_000_000n],
    [1_234.567_891_234, 1_234_567_891_234n],
    [8_388_608, 8_388_608_000_000_000n],
  ])('%d USD is %d nano-dollars', (usd, nano) => {
    expect(nanoUsdFromUsd(usd)).toBe(nano)
    expect(usdFromNanoUsd(nano)).toBe(usd)
  })

  test('return where they came from, for every amount that a number can carry', () => {
    fc.assert(fc.property(amounts, (amount) => nanoUsdFromUsd(usdFromNanoUsd(amount)) === amount))
  })

  test('sum without drift', () => {
    const tenCents = nanoUsdFromUsd(0.1)
    expect(usdFromNanoUsd(tenCents + tenCents + tenCents)).toBe(0.3)
  })

  test.each([-0.01, Number.NaN, Number.POSITIVE_INFINITY, 8_388_609])('%d is no amount', (usd) => {
    expect(() => nanoUsdFromUsd(usd)).toThrow(new RangeError(`not an amount of dollars: ${usd}`))
  })
})

describe('an amount on the wire', () => {
  test.each([
    [0n, '0'],
    [1n, '1'],
    [10_000_000n, '1'],
    [10_000_001n, '2'],
    [1_500_000_000n, '150'],
  ])('%d nano-dollars are %s cents', (nano, cents) => {
    expect(monetaryAmount(nano)).toEqual({ amount: cents, currency: 'USD' })
  })

  test('never understates, and overstates by less than a cent', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const cents = BigInt(monetaryAmount(amount).amount) * 10_000_000n
        expect(cents >= amount && cents - amount < 10_000_000n).toBe(true)
      }),
    )
  })
})
