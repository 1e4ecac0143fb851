/** What one subject found out. */
export interface Section {
  readonly title: string
  /** One or two sentences: what was compared with what. */
  readonly about: string
  readonly rows: readonly Row[]
}

/** One comparison: values of Perdure beside those of the bare thing, from the same run. */
export interface Row {
  readonly what: string
  readonly unit: Unit
  /** What Perdure is measured against; left out where there is nothing of the kind. */
  readonly bare?: Series
  readonly perdure: Series
  readonly goal?: Goal
}

export type Unit = 'ms' | 'MB' | 'requests/s' | 'runs/s' | 'agents' | 'USD'

export interface Series {
  /** What was measured; empty where the row says it already. */
  readonly name: string
  /** With as many values on both sides, the first belong together, the second, and so on. */
  readonly values: readonly number[]
}

export type Goal = AtMost | AtLeast

/** Of the ratio of Perdure's figure to the other one. */
export interface AtLeast {
  readonly of: 'ratio'
  readonly atLeast: number
}

export interface AtMost {
  /**
   * `ratio`: median of the ratios. `added`: what Perdure adds to the bare median. `median` and `largest`:
   * of Perdure's own values.
   */
  readonly of: 'ratio' | 'added' | 'median' | 'largest'
  readonly atMost: number
}
