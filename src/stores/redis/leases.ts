import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Lease, LeaseOwner, LeaseStore } from '../../ports/lease.ts'
import { leaseHeld, sessionNotFound } from '../leases/refusals.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import { acquireLease, leaseHolder, releaseLease, renewLease } from './scripts/lease-scripts.ts'

export class RedisLeaseStore implements LeaseStore {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async acquire(sessionId: SessionId, { owner, ttlMs }: { owner: LeaseOwner; ttlMs: number }): Promise<Lease> {
    const answer = await this.#workspace.pastTheGone((gone) =>
      this.#workspace.run(acquireLease, [sessionId, JSON.stringify(owner), Math.round(ttlMs), gone]),
    )
    if (answer[0] === 'session_not_found') throw sessionNotFound(sessionId)
    if (answer[0] === 'lease_held') throw heldBy(sessionId, answer)
    return { sessionId, fence: Number(answer[1]) }
  }

  async renew(lease: Lease, { ttlMs }: { ttlMs: number }): Promise<void> {
    const args = [lease.sessionId, lease.fence, Math.round(ttlMs)]
    const [status] = await this.#workspace.run<string[]>(renewLease, args)
    if (status === 'ok') return
    throw new PerdureError('lease_lost', `the lease of ${lease.sessionId} is no longer held`, {
      details: { fence: lease.fence },
    })
  }

  async release(lease: Lease): Promise<void> {
    await this.#workspace.run(releaseLease, [lease.sessionId, lease.fence])
  }

  async holder(sessionId: SessionId): Promise<{ owner: LeaseOwner; fence: number } | null> {
    const [status, json, fence] = await this.#workspace.run<string[]>(leaseHolder, [sessionId])
    if (status !== 'lease_held') return null
    const owner = JSON.parse(json!) as LeaseOwner
    return this.#workspace.context.isOwnerGone(owner) ? null : { owner, fence: Number(fence) }
  }
}

/** What a script says of somebody else who drives the session. */
export const heldBy = (sessionId: SessionId, [, owner, fence, remainingMs]: readonly string[]): PerdureError =>
  leaseHeld(sessionId, {
    owner: JSON.parse(owner!) as LeaseOwner,
    fence: Number(fence),
    remainingMs: Number(remainingMs),
  })
