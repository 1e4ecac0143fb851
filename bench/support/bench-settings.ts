/** What every subject is given. */
export interface BenchSettings {
  /** Only to see that everything works: few rounds, small numbers. */
  readonly quick: boolean
  /** A folder of this run alone, on a real disk, gone afterwards. */
  readonly scratch: string
  /** Tells whoever watches how far it is; on standard error. */
  readonly progress: (text: string) => void
}
