import { sql } from 'kysely'
import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Lease, LeaseOwner, LeaseStore } from '../../ports/lease.ts'
import { leaseHeld, sessionNotFound } from '../leases/refusals.ts'
import { isAlive, keyOf } from './session-row.ts'
import { topicOf, type SqlStoreContext } from './sql-store-context.ts'

interface HeldLease {
  readonly owner: LeaseOwner
  readonly fence: number
  readonly remainingMs: number
}

export class SqlLeaseStore implements LeaseStore {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async acquire(sessionId: SessionId, options: { owner: LeaseOwner; ttlMs: number }): Promise<Lease> {
    const free = await this.#take(sessionId, options)
    if (free) return free
    const held = await this.#held(sessionId)
    if (held && !this.#context.isOwnerGone(held.owner)) throw leaseHeld(sessionId, held)
    // Either it became free just now, or its owner is dead: then exactly that owner's lease is taken over.
    const taken = await this.#take(sessionId, { ...options, takeOverFence: held?.fence ?? -1 })
    if (taken) return taken
    const winner = await this.#held(sessionId)
    throw winner ? leaseHeld(sessionId, winner) : sessionNotFound(sessionId)
  }

  async renew(lease: Lease, options: { ttlMs: number }): Promise<void> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, lease.sessionId)
    const renewed = await backend.write(topicOf(key), (transaction) =>
      transaction
        .updateTable('session')
        .set({ lease_expires_at: sql<number>`${backend.now} + ${Math.round(options.ttlMs)}` })
        .where((eb) => eb.and({ ...key, fence: lease.fence }))
        .where('lease_owner', 'is not', null)
        .returning('fence')
        .executeTakeFirst(),
    )
    if (!renewed) {
      throw new PerdureError('lease_lost', `the lease of ${lease.sessionId} is no longer held`, {
        details: { fence: lease.fence },
      })
    }
  }

  async release(lease: Lease): Promise<void> {
    const key = keyOf(this.#context.workspace, lease.sessionId)
    await this.#context.backend.write(topicOf(key), (transaction) =>
      transaction
        .updateTable('session')
        .set({ lease_owner: null, lease_expires_at: null })
        .where((eb) => eb.and({ ...key, fence: lease.fence }))
        .execute(),
    )
  }

  async holder(sessionId: SessionId): Promise<{ owner: LeaseOwner; fence: number } | null> {
    const held = await this.#held(sessionId)
    return held && !this.#context.isOwnerGone(held.owner) ? { owner: held.owner, fence: held.fence } : null
  }

  /** Takes a lease that nobody has, that ran out, or that stands under `takeOverFence`. */
  async #take(
    sessionId: SessionId,
    options: { owner: LeaseOwner; ttlMs: number; takeOverFence?: number },
  ): Promise<Lease | null> {
    const { backend, workspace } = this.#context
    const key = keyOf(workspace, sessionId)
    const taken = await backend.write(topicOf(key), (transaction) =>
      transaction
        .updateTable('session')
        .set((eb) => ({
          fence: eb('fence', '+', 1),
          lease_owner: JSON.stringify(options.owner),
          lease_expires_at: sql<number>`${backend.now} + ${Math.round(options.ttlMs)}`,
        }))
        .where((eb) => eb.and(key))
        .where(isAlive(backend.now))
        .where((eb) =>
          eb.or([
            eb('lease_owner', 'is', null),
            eb('lease_expires_at', '<=', backend.now),
            eb('fence', '=', options.takeOverFence ?? -1),
          ]),
        )
        .returning('fence')
        .executeTakeFirst(),
    )
    return taken ? { sessionId, fence: taken.fence } : null
  }

  async #held(sessionId: SessionId): Promise<HeldLease | null> {
    const { backend, workspace } = this.#context
    const row = await backend.reader
      .selectFrom('session')
      .select((eb) => ['lease_owner', 'fence', eb('lease_expires_at', '-', backend.now).as('remaining_ms')])
      .where((eb) => eb.and(keyOf(workspace, sessionId)))
      .where(isAlive(backend.now))
      .where('lease_owner', 'is not', null)
      .where('lease_expires_at', '>', backend.now)
      .executeTakeFirst()
    if (!row?.lease_owner) return null
    return { owner: JSON.parse(row.lease_owner) as LeaseOwner, fence: row.fence, remainingMs: Number(row.remaining_ms) }
  }
}
