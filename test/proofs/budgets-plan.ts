import type { BudgetLimit } from '../../src/domain/budget.ts'
import { newSessionId, type SessionId } from '../../src/domain/ids.ts'
import { nanoUsdFromUsd } from '../../src/domain/money.ts'
import { testScope } from '../gateway/billing/run-account.ts'
import { createDice } from './session-plan.ts'

/** What one process does: some sessions, each with a run of its own behind one gateway. */
export interface CallerTask {
  readonly dataDirectory: string
  readonly baseUrl: string
  /** Where its agents take their chances from. */
  readonly seed: number
  readonly sessions: readonly { readonly sessionId: SessionId; readonly forkedFrom: readonly SessionId[] }[]
}

/** One life of a process: how many calls the service has of everybody when it is killed; null: it lives. */
export type Life = { readonly afterCalls: number; readonly delayMs: number } | null

export interface BudgetsPlan {
  readonly limits: readonly BudgetLimit[]
  /** Processes at the same time; each takes its sessions up again in its next life. */
  readonly callers: readonly { readonly sessions: CallerTask['sessions']; readonly lives: readonly Life[] }[]
}

export function planBudgets(seed: number): BudgetsPlan {
  const dice = createDice(seed)
  const origin = newSessionId()
  const hard = (key: Pick<BudgetLimit, 'scope' | 'id' | 'window'>, cents: number): BudgetLimit => ({
    ...key,
    limitNanoUsd: nanoUsdFromUsd(cents / 100),
    mode: 'hard',
    thresholds: [0.8],
  })
  const callers = Array.from({ length: dice.number(2, 3) }, (_, caller) => {
    const deaths = dice.number(caller === 0 ? 1 : 0, 2)
    return {
      sessions: Array.from({ length: dice.number(1, 4) }, (_unused, index) =>
        caller === 0 && index === 0
          ? { sessionId: origin, forkedFrom: [] }
          : { sessionId: newSessionId(), forkedFrom: dice.chance(0.4) ? [origin] : [] },
      ),
      lives: [
        ...Array.from({ length: deaths }, () => ({ afterCalls: dice.number(1, 8), delayMs: dice.number(0, 12) })),
        null,
      ],
    }
  })
  return {
    callers,
    limits: [
      hard({ scope: 'workspace', id: testScope.workspaceId, window: 'month' }, dice.number(5, 150)),
      hard({ scope: 'session', id: origin, window: 'total' }, dice.number(2, 40)),
    ],
  }
}
