import type { SessionId } from '../../domain/ids.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { Departure, SessionTransit } from '../../ports/session-transit.ts'
import { sessionExists, sessionNotFound } from '../leases/refusals.ts'
import { mapSome } from './documents.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import { endSession, sessionDocuments, withoutSession } from './remove-session.ts'
import { fenced, newSession, recordOf, storedRecord, touchedTimes } from './session-document.ts'

/** What stops arriving is removed so long after its last write. */
const arrivalTtlSeconds = 24 * 60 * 60

export class ObjectSessionTransit implements SessionTransit {
  readonly #workspace: ObjectWorkspace

  constructor(workspace: ObjectWorkspace) {
    this.#workspace = workspace
  }

  async expect(given: SessionRecord): Promise<number> {
    const record = storedRecord(given)
    const { fence, replaced } = await this.#workspace.session(record.id).change(async (document, nowMs) => {
      const existing = document.session
      if (existing && existing.transit?.type !== 'arriving' && !this.#workspace.isOver(existing, nowMs)) {
        throw sessionExists(record.id)
      }
      const emptied = await withoutSession(this.#workspace, document, record.id)
      const times = touchedTimes(arrivalTtlSeconds, nowMs)
      const session = newSession({ ...record, ttlSeconds: arrivalTtlSeconds, ...times })
      // Who wrote what had arrived before can write no more.
      const next = { ...emptied, fence: document.fence + 1 }
      const result = { fence: next.fence, replaced: existing !== null }
      return { state: { ...next, session: { ...session, transit: { type: 'arriving', record } } }, result }
    })
    if (replaced) await endSession(this.#workspace, record.id)
    return fence
  }

  async arrive(
    sessionId: SessionId,
    { fence, waiting }: { fence: number; waiting: readonly WaitingInput[] },
  ): Promise<SessionRecord> {
    const inputs = waiting.map(({ input, priority }) => ({ id: input.id, priority, payload: JSON.stringify(input) }))
    const arrived = await this.#workspace.session(sessionId).change((document, nowMs) => {
      if (document.session?.transit?.type !== 'arriving') throw sessionNotFound(sessionId)
      const given = document.session.transit.record
      const { session, ...rest } = fenced(document, sessionId, fence)
      const record = { ...given, expiresAt: touchedTimes(given.ttlSeconds, nowMs).expiresAt }
      const inbox = [...session.inbox, ...inputs]
      return { state: { ...rest, session: { ...session, record, inbox, transit: null } }, result: record }
    })
    return recordOf(arrived)
  }

  async depart(sessionId: SessionId, { fence, to }: { fence: number; to: string }): Promise<void> {
    await this.#workspace.session(sessionId).change((document) => {
      if (document.session?.transit !== null) throw sessionNotFound(sessionId)
      const { session, ...rest } = fenced(document, sessionId, fence)
      const transit = { type: 'departed', record: session.record, to } as const
      const record = { ...session.record, ttlSeconds: null, expiresAt: null }
      return { state: { ...rest, session: { ...session, record, transit, lease: null } }, result: undefined }
    })
  }

  async departures(): Promise<Departure[]> {
    const found = await mapSome(await sessionDocuments(this.#workspace), async ({ sessionId, key }) => {
      const { session } = await this.#workspace.session(sessionId).readListed(key)
      return session?.transit?.type === 'departed' ? [session.transit] : []
    })
    return found
      .flat()
      .toSorted((left, right) => left.record.createdAt - right.record.createdAt)
      .map(({ record, to }) => ({ record: recordOf(record), to }))
  }

  async comeBack(sessionId: SessionId): Promise<void> {
    await this.#workspace.session(sessionId).change((document, nowMs) => {
      const { session } = document
      if (session?.transit?.type !== 'departed') return { state: document, result: undefined }
      const { record: before } = session.transit
      const record = { ...before, ...touchedTimes(before.ttlSeconds, nowMs) }
      return { state: { ...document, session: { ...session, record, transit: null } }, result: undefined }
    })
  }
}
