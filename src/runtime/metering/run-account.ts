import type { SessionId } from '../../domain/ids.ts'
import type { RunAccount } from '../../ports/model-gateway.ts'
import type { SessionRecord, SessionRecords } from '../../ports/session-records.ts'
import type { RunDependencies, RunRequest } from '../run-request.ts'
import type { RunCosts } from './run-costs.ts'

/**
 * Who pays for a run's model calls: the run, its session with all that this one is a fork of, its user, its tenant.
 * The run's own budget is set first, so that it holds for the first call.
 */
export async function openAccount<Options>(
  { stores, leaseOwner, prices }: RunDependencies<Options>,
  { runId, budget }: Pick<RunRequest<Options>, 'runId' | 'budget'>,
  session: { record: SessionRecord; userId: string | null; costs: RunCosts },
): Promise<RunAccount> {
  const { ledger, scope } = stores
  const { record, userId, costs } = session
  if (budget !== null) {
    await ledger.setBudget({
      scope: 'run',
      id: runId,
      window: 'total',
      limitNanoUsd: budget.limitNanoUsd,
      mode: budget.onExceeded === 'warn' ? 'soft' : 'hard',
      thresholds: budget.thresholds,
    })
  }
  return {
    ledger,
    callAccount: { runId, sessionId: record.id, forkedFrom: await ancestorsOf(record, stores.sessions), userId },
    organizationId: scope.organizationId,
    workspaceId: scope.workspaceId,
    tags: record.tags,
    owner: leaseOwner(runId),
    prices,
    ...costs.listeners,
  }
}

/** Nearest first. One that was deleted ends the list: its budget, if it had one, is gone as well. */
async function ancestorsOf(record: SessionRecord, sessions: Pick<SessionRecords, 'get'>): Promise<SessionId[]> {
  const ancestors: SessionId[] = []
  for (let { parent } = record; parent !== null;) {
    ancestors.push(parent.sessionId)
    parent = (await sessions.get(parent.sessionId))?.parent ?? null
  }
  return ancestors
}
