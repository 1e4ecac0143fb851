import { newRunId, newSessionId, type RunId, type SessionId } from '../../../src/domain/ids.ts'
import { listPrices } from '../../../src/domain/prices/list-prices.ts'
import type { PerdureError } from '../../../src/errors/perdure-error.ts'
import type { LeaseOwner } from '../../../src/ports/lease.ts'
import type { Ledger, LedgerCall, SettledCall } from '../../../src/ports/ledger.ts'
import type { RunAccount } from '../../../src/ports/model-gateway.ts'
import type { WorkspaceScope } from '../../../src/ports/storage.ts'

export interface AccountWatch {
  readonly ended: LedgerCall[]
  readonly settled: SettledCall[]
  readonly refusals: PerdureError[]
  readonly failures: PerdureError[]
}

export interface TestAccount {
  readonly runId: RunId
  readonly account: RunAccount
  readonly watch: AccountWatch
}

export interface AccountOptions {
  readonly ledger: Ledger
  readonly sessionId?: SessionId
  readonly forkedFrom?: readonly SessionId[]
  readonly userId?: string
  readonly owner?: (runId: RunId) => LeaseOwner
}

export const testScope: WorkspaceScope = { organizationId: 'default', workspaceId: 'default' }

const thisProcess = (runId: RunId): LeaseOwner => ({ host: 'here', processId: process.pid, startedAt: 'now', runId })

export function testAccount({
  ledger,
  sessionId,
  forkedFrom,
  userId,
  owner = thisProcess,
}: AccountOptions): TestAccount {
  const runId = newRunId()
  const watch: AccountWatch = { ended: [], settled: [], refusals: [], failures: [] }
  const account: RunAccount = {
    ledger,
    callAccount: {
      runId,
      sessionId: sessionId ?? newSessionId(),
      forkedFrom: forkedFrom ?? [],
      userId: userId ?? null,
    },
    ...testScope,
    tags: ['test'],
    owner: owner(runId),
    prices: { billed: listPrices, list: listPrices },
    onEnded: (call) => watch.ended.push(call),
    onSettled: (_call, settled) => watch.settled.push(settled),
    onRefused: (error) => watch.refusals.push(error),
    onLedgerFailure: (error) => watch.failures.push(error),
  }
  return { runId, account, watch }
}
