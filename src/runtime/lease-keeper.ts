import { PerdureError } from '../errors/perdure-error.ts'
import type { Lease, LeaseStore } from '../ports/lease.ts'

export interface LeaseKeeper {
  readonly lease: Lease
  /** Stops renewing and gives the lease back. Where the store is away, it is tried again in the background while the lease lasts. */
  release(): Promise<void>
}

export interface LeaseKeeperOptions {
  readonly leases: LeaseStore
  readonly lease: Lease
  readonly ttlMs: number
  /** Called once when the session belongs to another; the fence already keeps our writes out. */
  readonly onLost: (error: PerdureError) => void
}

const retryMs = 500

/** Nobody has to wait for the end of a lease whose store was away only when it was given back. */
function releaseLater(late: Pick<LeaseKeeperOptions, 'leases' | 'lease'> & { readonly untilMs: number }): void {
  const attempt = async (): Promise<void> => {
    await late.leases.release(late.lease).catch(() => {
      if (performance.now() < late.untilMs) releaseLater(late)
    })
  }
  setTimeout(() => void attempt(), retryMs).unref()
}

/** Renews a lease at a third of its time, so that two failures in a row are survived. */
export function keepLease({ leases, lease, ttlMs, onLost }: LeaseKeeperOptions): LeaseKeeper {
  let failedSinceMs: number | null = null
  const renew = async (): Promise<void> => {
    try {
      await leases.renew(lease, { ttlMs })
      failedSinceMs = null
    } catch (error) {
      failedSinceMs ??= performance.now()
      const lost = PerdureError.is(error) && error.code === 'lease_lost'
      // A store that cannot be reached is no proof of loss, until the time itself has run out.
      if (!lost && performance.now() - failedSinceMs < ttlMs / 2) return
      clearInterval(timer)
      onLost(lost ? error : new PerdureError('lease_lost', 'The lease could not be renewed in time.', { cause: error }))
    }
  }
  const timer = setInterval(() => void renew(), Math.max(1, Math.floor(ttlMs / 3)))
  timer.unref()
  return {
    lease,
    async release() {
      clearInterval(timer)
      try {
        await leases.release(lease)
      } catch (error) {
        releaseLater({ leases, lease, untilMs: performance.now() + ttlMs })
        throw error
      }
    },
  }
}
