export interface AlternateOptions {
  readonly rounds: number
  readonly warmUp?: boolean
  readonly progress?: (text: string) => void
}

/**
 * Runs all variants in every round, each round beginning with another one, so that whatever disturbs the
 * machine disturbs all of them. One more round before these only warms up, unless that is declined.
 */
export async function alternate<Name extends string, Sample>(
  variants: Readonly<Record<Name, () => Promise<Sample>>>,
  { rounds, warmUp = true, progress }: AlternateOptions,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(variants) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    progress?.(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + round) % names.length]!
      const sample = await variants[name]()
      if (round > 0) samples[name].push(sample)
    }
  }
  return samples
}
