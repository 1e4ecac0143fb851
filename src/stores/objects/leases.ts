import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Lease, LeaseOwner, LeaseStore } from '../../ports/lease.ts'
import { leaseHeld, sessionNotFound } from '../leases/refusals.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { alive } from './session-document.ts'
import { sweepOrphans } from './sweep-orphans.ts'

export class ObjectLeaseStore implements LeaseStore {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async acquire(sessionId: SessionId, { owner, ttlMs }: { owner: LeaseOwner; ttlMs: number }): Promise<Lease> {
    const { taken, isTakeover } = await this.#workspace.session(sessionId).change((document, nowMs) => {
      const session = alive(document, nowMs)
      if (!session) throw sessionNotFound(sessionId)
      const { lease } = session
      if (lease && this.#workspace.isDriven(session, nowMs)) {
        const remainingMs = lease.expiresAtMs - nowMs
        throw leaseHeld(sessionId, { owner: lease.owner, fence: document.fence, remainingMs })
      }
      const fence = document.fence + 1
      const next = { owner: { ...owner }, expiresAtMs: nowMs + Math.round(ttlMs) }
      const result = { taken: { sessionId, fence }, isTakeover: lease !== null }
      return { state: { ...document, fence, session: { ...session, lease: next } }, result }
    })
    // Whoever had it did not give it back: it may have died in the middle of a write.
    if (isTakeover) await sweepOrphans(this.#workspace, sessionId)
    return taken
  }

  async renew(lease: Lease, { ttlMs }: { ttlMs: number }): Promise<void> {
    await this.#workspace.session(lease.sessionId).change((document, nowMs) => {
      const { session } = document
      if (document.fence !== lease.fence || !session?.lease) {
        throw new PerdureError('lease_lost', `the lease of ${lease.sessionId} is no longer held`, {
          details: { fence: lease.fence },
        })
      }
      const renewed = { ...session.lease, expiresAtMs: nowMs + Math.round(ttlMs) }
      return { state: { ...document, session: { ...session, lease: renewed } }, result: undefined }
    })
  }

  async release(lease: Lease): Promise<void> {
    await this.#workspace.session(lease.sessionId).change((document) => {
      const { session } = document
      if (document.fence !== lease.fence || !session?.lease) return { state: document, result: undefined }
      return { state: { ...document, session: { ...session, lease: null } }, result: undefined }
    })
  }

  async holder(sessionId: SessionId): Promise<{ owner: LeaseOwner; fence: number } | null> {
    const document = await this.#workspace.session(sessionId).read()
    const nowMs = await this.#workspace.bucket.now()
    const session = alive(document, nowMs)
    if (!session?.lease || !this.#workspace.isDriven(session, nowMs)) return null
    return { owner: { ...session.lease.owner }, fence: document.fence }
  }
}
