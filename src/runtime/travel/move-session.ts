import { leftOf, type BudgetLimit, type BudgetState } from '../../domain/budget.ts'
import { isSameBudget } from '../../domain/budget-period.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import { HistoryDigest, type HistorySummary } from './history-digest.ts'
import { holdingSession, type HoldingOptions } from './holding-session.ts'
import { budgetsOfSession, readAccounts, readHistory, travellingLimit } from './read-session.ts'
import { beginArrival, type SessionArrival } from './write-session.ts'

export interface MoveRequest extends HoldingOptions {
  readonly sessionId: SessionId
  readonly from: WorkspaceStores
  readonly to: WorkspaceStores
  /** The name of the place that it goes to, the same for every attempt. */
  readonly place: string
  readonly onProgress?: (progress: MoveProgress) => void
}

export interface MoveProgress {
  readonly sessionId: SessionId
  readonly phase: 'copying' | 'checking' | 'handing_over' | 'done'
}

export interface MovedSession {
  readonly sessionId: SessionId
  /** Null when an earlier attempt had brought it over, and only what was left was removed now. */
  readonly summary: HistorySummary | null
}

/**
 * Moves a session from one storage to another. Its history is copied and checked while it can still go on where it is.
 * Then it departs: from that moment it can be driven nowhere, until it has arrived; at last it is removed where it was.
 * Interrupted at any point, the same call finishes it.
 * @throws {PerdureError} `lease_held` while it is driven; `session_in_transit` when an earlier move had another goal;
 *   `session_not_found`, `session_exists`, `storage_failed`.
 */
export async function moveSession(request: MoveRequest): Promise<MovedSession> {
  const { sessionId, from, to, place } = request
  const departure = (await from.transit.departures()).find(({ record }) => record.id === sessionId)
  if (departure !== undefined) {
    if (departure.to !== place) throw onItsWay(sessionId, departure.to)
    const summary = (await to.sessions.get(sessionId)) === null ? await copyAndArrive(request, departure.record) : null
    return finish(request, summary)
  }
  const record = await from.sessions.get(sessionId)
  if (record === null) {
    if ((await to.sessions.get(sessionId)) !== null) return finish(request, null)
    throw new PerdureError('session_not_found', `There is no session ${sessionId}, or it has expired.`)
  }
  await requireOwnBudget(from, record)
  const summary = await holdingSession(from, sessionId, {
    ...request,
    work: async ({ fence, requireHeld }) => {
      const { arrival, summary: copied } = await copy(request, (await from.sessions.get(sessionId)) ?? record)
      requireHeld()
      request.onProgress?.({ sessionId, phase: 'handing_over' })
      await bringBudgets(request, arrival)
      await from.transit.depart(sessionId, { fence, to: place })
      await handOver(request, arrival)
      return copied
    },
  })
  return finish(request, summary)
}

async function copyAndArrive(request: MoveRequest, record: SessionRecord): Promise<HistorySummary> {
  const { arrival, summary } = await copy(request, record)
  await bringBudgets(request, arrival)
  await handOver(request, arrival)
  return summary
}

/** Brings the history over, and reads it again there. */
async function copy(
  { from, to, sessionId, onProgress }: MoveRequest,
  record: SessionRecord,
): Promise<{ arrival: SessionArrival; summary: HistorySummary }> {
  onProgress?.({ sessionId, phase: 'copying' })
  const arrival = await beginArrival(to, record, { budgets: 'replace' })
  const digest = new HistoryDigest()
  for await (const part of readHistory(from, record)) {
    digest.add(part)
    await arrival.write(part)
  }
  onProgress?.({ sessionId, phase: 'checking' })
  const arrived = new HistoryDigest()
  for await (const part of readHistory(to, record)) arrived.add(part)
  const [summary, there] = [digest.summary(), arrived.summary()]
  if (JSON.stringify(summary) === JSON.stringify(there)) return { arrival, summary }
  throw new PerdureError('storage_failed', `What arrived of ${sessionId} is not what was sent; it stays where it is.`, {
    details: { sent: summary, arrived: there },
  })
}

/** Sets the limits where it goes. An earlier attempt may have lowered them here, and set them there already. */
async function bringBudgets({ from, to, sessionId }: MoveRequest, arrival: SessionArrival): Promise<void> {
  const there = await budgetsOfSession(to, sessionId)
  const budgets = (await budgetsOfSession(from, sessionId)).map((budget) => {
    const known = there.find((one) => isSameBudget(one, budget))
    return larger(travellingLimit(budget), known)
  })
  await arrival.write({ type: 'budgets', budgets })
}

const larger = (limit: BudgetLimit, other: BudgetLimit | undefined): BudgetLimit =>
  other !== undefined && other.limitNanoUsd > limit.limitNanoUsd
    ? { ...limit, limitNanoUsd: other.limitNanoUsd }
    : limit

/** Nobody can drive or address it any more: what it cost and what waits for it go over, and it is there. */
async function handOver({ from, sessionId }: MoveRequest, arrival: SessionArrival): Promise<void> {
  await from.ledger.giveUpReservations(sessionId)
  const budgets = (await budgetsOfSession(from, sessionId)).filter(({ mode }) => mode === 'hard')
  try {
    await closeBudgets(from, budgets)
    for await (const part of readAccounts(from, sessionId)) {
      if (part.type !== 'budgets') await arrival.write(part)
    }
  } catch (error) {
    // It is not there, and cannot be: it may go on where it is.
    for (const budget of budgets) await from.ledger.setBudget(budget)
    await from.transit.comeBack(sessionId)
    throw error
  }
  await arrival.complete()
}

/** What is left of its budgets goes with it: forks that stay behind share nothing more of it. */
async function closeBudgets(from: WorkspaceStores, budgets: readonly BudgetState[]): Promise<void> {
  for (const budget of budgets) {
    const used = budget.spentNanoUsd + budget.presumedNanoUsd
    const { reservedNanoUsd } = await from.ledger.setBudget({ ...budget, limitNanoUsd: min(used, budget.limitNanoUsd) })
    if (reservedNanoUsd === 0n) continue
    throw new PerdureError('lease_held', `A fork of ${budget.id} is at work under its budget.`, {
      hint: 'Wait until it is idle, then move the session.',
    })
  }
}

const min = (left: NanoUsd, right: NanoUsd): NanoUsd => (left < right ? left : right)

/** Removes what is left where it was; its amounts stay in that ledger. */
async function finish(
  { from, sessionId, onProgress }: MoveRequest,
  summary: HistorySummary | null,
): Promise<MovedSession> {
  const isLeft = (await from.transit.departures()).some(({ record }) => record.id === sessionId)
  if (isLeft) await from.sessions.delete(sessionId)
  onProgress?.({ sessionId, phase: 'done' })
  return { sessionId, summary }
}

/** A fork that left the budget that it shares with its parent would spend it a second time. */
async function requireOwnBudget({ ledger, sessions }: WorkspaceStores, record: SessionRecord): Promise<void> {
  const budgets = await ledger.budgets()
  for (let { parent } = record; parent !== null;) {
    const { sessionId } = parent
    const shared = budgets.find(({ scope, id, mode }) => scope === 'session' && id === sessionId && mode === 'hard')
    if (shared !== undefined && leftOf(shared) > 0n) {
      throw new PerdureError(
        'invalid_request',
        `The session shares the budget of ${sessionId}, which would stay here.`,
        {
          hint: `Move ${sessionId} to the same place first, or take its budget away.`,
          details: { session_id: record.id, parent_session_id: sessionId },
        },
      )
    }
    parent = (await sessions.get(sessionId))?.parent ?? null
  }
}

const onItsWay = (sessionId: SessionId, to: string): PerdureError =>
  new PerdureError('session_in_transit', `The session ${sessionId} is on its way to ${to}.`, {
    hint: 'Run that move again: it goes on where it was interrupted.',
    details: { session_id: sessionId, to },
  })
