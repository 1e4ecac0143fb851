/** A turn that is begun by the call and not before; resolves at its outcome. */
export type PreparedTurn = (heard: Heard) => Promise<void>

/** What a turn tells while it runs. */
export interface Heard {
  /** A piece of text has reached the caller. */
  readonly text: () => void
}
