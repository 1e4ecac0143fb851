/** One thing that this machine has or lacks. */
export interface Check {
  readonly name: string
  readonly isRequired: boolean
  readonly isOk: boolean
  /** What was found, or what was wrong. */
  readonly found: string
  /** Why it matters. */
  readonly why: string
  /** The command that mends it; null where there is nothing to mend. */
  readonly remedy: string | null
}
