/** Money inside Perdure: whole nano-dollars, so that sums are exact. In JSON it is a decimal string. */
export type NanoUsd = bigint

/** Beyond about eight million dollars, neighbouring numbers are more than a nano-dollar apart. */
const maxUsd = 2 ** 23

/** @throws {RangeError} for what is no amount: negative, not finite, or beyond 8,388,608 dollars. */
export function nanoUsdFromUsd(usd: number): NanoUsd {
  if (!Number.isFinite(usd) || usd < 0 || usd > maxUsd) throw new RangeError(`not an amount of dollars: ${usd}`)
  // Decimal digits, because the product with 1e9 would be rounded once more.
  return BigInt(usd.toFixed(9).replace('.', ''))
}

export const usdFromNanoUsd = (amount: NanoUsd): number => Number(amount) / 1e9

/** Whole cents as the Managed Agents API writes them, rounded up so that a limit is never understated. */
export function monetaryAmount(amount: NanoUsd): { amount: string; currency: 'USD' } {
  return { amount: ((amount + 9_999_999n) / 10_000_000n).toString(), currency: 'USD' }
}
