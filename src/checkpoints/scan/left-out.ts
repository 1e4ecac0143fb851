/** What a checkpoint does not hold, and why. */
export interface LeftOut {
  /** A byte string, from the root of the tree. */
  readonly path: string
  readonly reason: LeftOutReason
}

/**
 * `excluded`: by its name. `too_large`: by the limit of the policy. `too_deep`: in more folders than anybody needs. `special`: a pipe, socket or device, which is never
 * opened. `unreadable`: what it held at the checkpoint before stands in for it. `changing`: it was written while it
 * was read, and is saved as it was read.
 */
export type LeftOutReason = 'excluded' | 'too_large' | 'too_deep' | 'special' | 'unreadable' | 'changing'
