/** Money inside Perdure: whole nano-dollars, so that sums are exact. In JSON it is a decimal string. */
export type NanoUsd = bigint

/** Largest amount that a number of dollars can carry without losing a nano-dollar: about nine million dollars. */
const maxUsd = Number.MAX_SAFE_INTEGER / 1e9

/** @throws {RangeError} for what is no amount: negative, not finite, or beyond about nine million dollars. */
export function nanoUsdFromUsd(usd: number): NanoUsd {
  if (!Number.isFinite(usd) || usd < 0 || usd > maxUsd) throw new RangeError(`not an amount of dollars: ${usd}`)
  return BigInt(Math.round(usd * 1e9))
}

export const usdFromNanoUsd = (amount: NanoUsd): number => Number(amount) / 1e9

/** Whole cents as the Managed Agents API writes them, rounded up so that a limit is never understated. */
export function monetaryAmount(amount: NanoUsd): { amount: string; currency: 'USD' } {
  return { amount: ((amount + 9_999_999n) / 10_000_000n).toString(), currency: 'USD' }
}
