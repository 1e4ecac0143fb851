import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Lease, LeaseOwner, LeaseStore } from '../../ports/lease.ts'
import { leaseHeld, sessionNotFound } from '../leases/refusals.ts'
import type { MemorySession, MemoryWorkspace } from './memory-workspace.ts'

export class MemoryLeaseStore implements LeaseStore {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async acquire(sessionId: SessionId, { owner, ttlMs }: { owner: LeaseOwner; ttlMs: number }): Promise<Lease> {
    const session = this.#workspace.alive(sessionId)
    if (!session) throw sessionNotFound(sessionId)
    if (session.lease && this.#workspace.isDriven(session)) {
      const { lease, fence } = session
      throw leaseHeld(sessionId, { owner: lease.owner, fence, remainingMs: lease.expiresAt - Date.now() })
    }
    session.fence += 1
    session.lease = { owner: { ...owner }, expiresAt: Date.now() + Math.round(ttlMs) }
    return { sessionId, fence: session.fence }
  }

  async renew(lease: Lease, { ttlMs }: { ttlMs: number }): Promise<void> {
    const session = this.#holding(lease)
    if (!session?.lease) {
      throw new PerdureError('lease_lost', `the lease of ${lease.sessionId} is no longer held`, {
        details: { fence: lease.fence },
      })
    }
    session.lease = { ...session.lease, expiresAt: Date.now() + Math.round(ttlMs) }
  }

  async release(lease: Lease): Promise<void> {
    const session = this.#holding(lease)
    if (session) session.lease = null
  }

  async holder(sessionId: SessionId): Promise<{ owner: LeaseOwner; fence: number } | null> {
    const session = this.#workspace.alive(sessionId)
    if (!session?.lease || !this.#workspace.isDriven(session)) return null
    return { owner: { ...session.lease.owner }, fence: session.fence }
  }

  #holding(lease: Lease): MemorySession | undefined {
    const session = this.#workspace.sessions.get(lease.sessionId)
    return session?.fence === lease.fence ? session : undefined
  }
}
