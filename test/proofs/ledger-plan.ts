import type { BudgetLimit } from '../../src/domain/budget.ts'
import type { SessionId } from '../../src/domain/ids.ts'
import { newRunId, newSessionId } from '../../src/domain/ids.ts'
import type { CallAccount } from '../../src/ports/ledger.ts'
import { createDice } from './session-plan.ts'

export const proofOrganization = 'org'

/** What one process does: agents that call the model at the same time, in one account. */
export interface SpenderTask {
  readonly dataDirectory: string
  readonly workspaceId: string
  readonly account: CallAccount
  /** Where its agents take their chances from. */
  readonly seed: number
  readonly agents: number
  readonly callsPerAgent: number
  /** It dies once it has told so much, and so many milliseconds have passed; null: it lives. */
  readonly kill: { readonly afterReports: number; readonly delayMs: number } | null
}

export interface LedgerPlan {
  readonly limits: readonly { readonly workspaceId: string | null; readonly limit: BudgetLimit }[]
  readonly spenders: readonly SpenderTask[]
}

const smallestLimit = 300
const largestLimit = 3_000

/** Processes of two tenants with budgets one above the other; most of the processes are killed. */
export function planLedger(seed: number, dataDirectory: string): LedgerPlan {
  const dice = createDice(seed)
  const [origin, other] = [newSessionId(), newSessionId()]
  const account = (index: number): CallAccount => ({
    runId: newRunId(),
    ...sessionOf(index, origin, other),
    userId: dice.pick(['ada', 'eve', null]),
  })
  const spenders = Array.from({ length: dice.number(3, 6) }, (_, index): SpenderTask => ({
    dataDirectory,
    workspaceId: index % 3 === 2 ? 'b' : 'a',
    account: account(index),
    seed: seed * 16 + index,
    agents: dice.number(1, 3),
    callsPerAgent: dice.number(5, 12),
    kill: dice.chance(0.75) ? { afterReports: dice.number(1, 9), delayMs: dice.number(0, 3) } : null,
  }))
  const limitNanoUsd = () => BigInt(dice.number(smallestLimit, largestLimit))
  const hard = { mode: 'hard', window: 'total', thresholds: [0.5] } as const
  return {
    spenders,
    limits: [
      {
        workspaceId: null,
        limit: { ...hard, scope: 'organization', id: proofOrganization, limitNanoUsd: limitNanoUsd() },
      },
      { workspaceId: 'a', limit: { ...hard, scope: 'workspace', id: 'a', limitNanoUsd: limitNanoUsd() } },
      {
        workspaceId: 'a',
        limit: { ...hard, scope: 'session', id: origin, window: 'day', limitNanoUsd: limitNanoUsd() },
      },
      { workspaceId: 'a', limit: { ...hard, scope: 'user', id: 'ada', window: 'month', limitNanoUsd: limitNanoUsd() } },
      {
        workspaceId: 'a',
        limit: { ...hard, scope: 'run', id: spenders[0]!.account.runId, limitNanoUsd: limitNanoUsd() },
      },
      { workspaceId: 'b', limit: { ...hard, scope: 'workspace', id: 'b', mode: 'soft', limitNanoUsd: limitNanoUsd() } },
    ],
  }
}

function sessionOf(index: number, origin: SessionId, other: SessionId): Pick<CallAccount, 'sessionId' | 'forkedFrom'> {
  if (index % 3 === 2) return { sessionId: other, forkedFrom: [] }
  return index % 2 === 0 ? { sessionId: origin, forkedFrom: [] } : { sessionId: newSessionId(), forkedFrom: [origin] }
}

export type SpenderReport =
  | { readonly kind: 'reserved'; readonly granted: number }
  /** A call was entered with this cost; a duplicate has none. */
  | { readonly kind: 'settled'; readonly id: string; readonly cost: number }
  | { readonly kind: 'released' | 'refused' | 'unlimited' }
