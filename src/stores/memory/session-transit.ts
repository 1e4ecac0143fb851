import type { EventId, SessionId } from '../../domain/ids.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { Departure, SessionTransit } from '../../ports/session-transit.ts'
import { sessionExists, sessionNotFound } from '../leases/refusals.ts'
import { isExpired, touchedTimes, type MemoryWorkspace } from './memory-workspace.ts'

/** What stops arriving is removed so long after its last write. */
const arrivalTtlSeconds = 24 * 60 * 60

export class MemorySessionTransit implements SessionTransit {
  readonly #workspace: MemoryWorkspace

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace
  }

  async expect(given: SessionRecord): Promise<number> {
    const record = structuredClone(given)
    const existing = this.#workspace.sessions.get(record.id)
    if (existing && existing.transit?.type !== 'arriving') {
      if (!isExpired(existing) || this.#workspace.isDriven(existing)) {
        throw sessionExists(record.id)
      }
    }
    if (existing) this.#workspace.remove(existing)
    const session = this.#workspace.add({
      ...record,
      ttlSeconds: arrivalTtlSeconds,
      ...touchedTimes(arrivalTtlSeconds),
    })
    // Who wrote what had arrived before can write no more.
    session.fence += 1
    session.transit = { type: 'arriving', record }
    return session.fence
  }

  async arrive(
    sessionId: SessionId,
    { fence, waiting }: { fence: number; waiting: readonly WaitingInput[] },
  ): Promise<SessionRecord> {
    const found = this.#workspace.sessions.get(sessionId)
    if (found?.transit?.type !== 'arriving') throw sessionNotFound(sessionId)
    const { record } = found.transit
    const session = this.#workspace.fenced(sessionId, fence)
    for (const { input, priority } of waiting) {
      session.inbox.set(input.id as EventId, { priority, payload: JSON.stringify(input) })
    }
    session.record = { ...record, expiresAt: touchedTimes(record.ttlSeconds).expiresAt }
    session.transit = null
    return structuredClone(session.record)
  }

  async depart(sessionId: SessionId, { fence, to }: { fence: number; to: string }): Promise<void> {
    const found = this.#workspace.sessions.get(sessionId)
    if (!found || found.transit !== null) throw sessionNotFound(sessionId)
    const session = this.#workspace.fenced(sessionId, fence)
    session.lease = null
    session.transit = { type: 'departed', record: session.record, to }
    session.record = { ...session.record, ttlSeconds: null, expiresAt: null }
  }

  async departures(): Promise<Departure[]> {
    return [...this.#workspace.sessions.values()]
      .flatMap(({ transit }) =>
        transit?.type === 'departed' ? [structuredClone({ record: transit.record, to: transit.to })] : [],
      )
      .toSorted((left, right) => left.record.createdAt.getTime() - right.record.createdAt.getTime())
  }

  async comeBack(sessionId: SessionId): Promise<void> {
    const session = this.#workspace.sessions.get(sessionId)
    if (session?.transit?.type !== 'departed') return
    const { record } = session.transit
    session.record = { ...record, ...touchedTimes(record.ttlSeconds) }
    session.transit = null
  }
}
