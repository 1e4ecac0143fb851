import type { SessionId } from '../domain/ids.ts'

/** One driver per session. A lease lives by the store's clock and carries a fencing token that only grows. */
export interface LeaseStore {
  /**
   * Takes the session, or refuses. A lease that ran out, or whose owner is provably dead (same
   * machine, process gone), is taken over with a higher fence.
   * @throws {PerdureError} `lease_held` with the owner in its details; `session_not_found`.
   */
  acquire(sessionId: SessionId, options: { owner: LeaseOwner; ttlMs: number }): Promise<Lease>
  /** Prolongs. @throws {PerdureError} `lease_lost` when another has taken it. */
  renew(lease: Lease, options: { ttlMs: number }): Promise<void>
  /** Gives it back; does nothing when it is already lost. */
  release(lease: Lease): Promise<void>
  /** Who holds it now, if anyone does. */
  holder(sessionId: SessionId): Promise<{ owner: LeaseOwner; fence: number } | null>
}

export interface Lease {
  readonly sessionId: SessionId
  readonly fence: number
}

/** Names a process so that another on the same machine can tell whether it still lives. */
export interface LeaseOwner {
  readonly host: string
  readonly processId: number
  /** Start of the process, in the machine's own terms; tells a reused process id apart. */
  readonly startedAt: string
  readonly runId: string
}
