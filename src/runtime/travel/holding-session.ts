import { newRunId, type RunId, type SessionId } from '../../domain/ids.ts'
import type { PerdureError } from '../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import { keepLease } from '../lease-keeper.ts'

export interface HoldingOptions {
  readonly leaseOwner: (runId: RunId) => LeaseOwner
  readonly leaseTtlMs: number
}

export interface HeldSession {
  readonly fence: number
  /** @throws {PerdureError} `lease_lost` once another has taken the session. */
  readonly requireHeld: () => void
}

/**
 * Does something with a session that nobody drives meanwhile.
 * @throws {PerdureError} `lease_held` while it is driven; `session_not_found`.
 */
export async function holdingSession<Result>(
  { leases }: Pick<WorkspaceStores, 'leases'>,
  sessionId: SessionId,
  { leaseOwner, leaseTtlMs: ttlMs, work }: HoldingOptions & { work: (held: HeldSession) => Promise<Result> },
): Promise<Result> {
  const lease = await leases.acquire(sessionId, { owner: leaseOwner(newRunId()), ttlMs })
  let lost: PerdureError | null = null
  const keeper = keepLease({ leases, lease, ttlMs, onLost: (error) => (lost = error) })
  const requireHeld = (): void => {
    if (lost !== null) throw lost
  }
  try {
    return await work({ fence: lease.fence, requireHeld })
  } finally {
    await keeper.release()
  }
}
