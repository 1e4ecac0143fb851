import { newIdBody, type SessionId } from '../../domain/ids.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { Departure, SessionTransit } from '../../ports/session-transit.ts'
import { leaseLost, sessionExists, sessionNotFound } from '../leases/refusals.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import {
  arriveSession,
  departedSessions,
  departSession,
  expectSession,
  returnSession,
} from './scripts/transit-scripts.ts'
import { fieldsOf, hashOf, recordOf, ttlField } from './session-fields.ts'

/** What stops arriving is removed so long after its last write. */
const arrivalTtlMs = 24 * 60 * 60_000

export class RedisSessionTransit implements SessionTransit {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async expect(record: SessionRecord): Promise<number> {
    const { id, createdAt, updatedAt, expiresAt: _, ttlSeconds, ...given } = record
    const times = [ttlField(ttlSeconds), updatedAt.getTime(), createdAt.getTime(), arrivalTtlMs]
    const [status, fence] = await this.#workspace.pastTheGone((gone) =>
      this.#workspace.run(expectSession, [id, newIdBody(), gone, ...times, ...fieldsOf({ id, ...given })]),
    )
    if (status !== 'ok') throw sessionExists(id)
    this.#workspace.context.feed.end(this.#workspace.topicOf(id))
    return Number(fence)
  }

  async arrive(
    sessionId: SessionId,
    { fence, waiting }: { fence: number; waiting: readonly WaitingInput[] },
  ): Promise<SessionRecord> {
    const inputs = waiting.flatMap(({ input, priority }) => [input.id, priority, JSON.stringify(input)])
    const answer = await this.#workspace.run<string[]>(arriveSession, [sessionId, fence, ...inputs])
    assertDone(answer, { sessionId, fence })
    return recordOf(answer.slice(1))
  }

  async depart(sessionId: SessionId, { fence, to }: { fence: number; to: string }): Promise<void> {
    const answer = await this.#workspace.run<string[]>(departSession, [sessionId, fence, to])
    assertDone(answer, { sessionId, fence })
  }

  async departures(): Promise<Departure[]> {
    const stored = await this.#workspace.run<string[][]>(departedSessions, [])
    return stored.map((fields) => departureOf(fields)).toSorted(oldestFirst)
  }

  async comeBack(sessionId: SessionId): Promise<void> {
    await this.#workspace.run(returnSession, [sessionId])
  }
}

function assertDone(
  [status, highest]: readonly string[],
  { sessionId, fence }: { sessionId: SessionId; fence: number },
) {
  if (status === 'session_not_found') throw sessionNotFound(sessionId)
  if (status === 'lease_lost') throw leaseLost(sessionId, { fence, highestFence: Number(highest) })
}

function departureOf(stored: readonly string[]): Departure {
  const fields = hashOf(stored)
  const ttlMs = fields.get('kept_ttl_ms')
  const ttlSeconds = ttlMs ? Number(ttlMs) / 1000 : null
  return { record: { ...recordOf(stored), ttlSeconds }, to: fields.get('departed_to')! }
}

const oldestFirst = (left: Departure, right: Departure): number =>
  left.record.createdAt.getTime() - right.record.createdAt.getTime()
