export interface Summary {
  readonly count: number
  readonly median: number
  readonly p10: number
  readonly p90: number
  readonly largest: number
}

export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => quantile(sorted, share)
  return { count: values.length, median: at(0.5), p10: at(0.1), p90: at(0.9), largest: at(1) }
}

/** Between the two nearest values, by the distance to each. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
