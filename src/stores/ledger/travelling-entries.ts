import { countAdopted } from '../../domain/budget-count.ts'
import { countsIn } from '../../domain/call-account.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../ports/ledger.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import { adoptedSums } from './adopted-sums.ts'
import type { LedgerBooks } from './ledger-books.ts'
import type { KeptEntry, LedgerPages } from './ledger-pages.ts'

/** What counts in budgets of a session, its forks' calls included, by id. */
export function travellingEntries(
  pages: LedgerPages,
  request: { workspaceId: string; sessionId: SessionId; after?: string; limit: number },
): LedgerEntry[] {
  const { workspaceId, sessionId, after = '', limit } = request
  const payer = { scope: 'session', id: sessionId } as const
  return [...pages.findEntries({ workspaceId, payer, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER })]
    .filter(({ id, account }) => id > after && account.workspaceId === workspaceId)
    .filter(({ account }) => countsIn({ ...payer, window: 'total' }, account))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .slice(0, limit)
    .map((entry) => structuredClone(withoutTenant(entry)))
}

/** Enters what another ledger had entered, except what is here already, and counts it in the budgets above it. */
export function adoptEntries(books: LedgerBooks, entries: readonly LedgerEntry[], tenant: WorkspaceScope): void {
  const { organizationId, workspaceId } = tenant
  const ids = entries.map(({ id }) => id)
  const known = new Set(books.pages.entries(workspaceId, ids).map((entry) => entry?.id))
  const fresh = new Map(entries.filter(({ id }) => !known.has(id)).map((entry) => [entry.id, entry]))
  for (const { account, countedAtMs, sums, entries: some } of adoptedSums([...fresh.values()])) {
    const payer = { ...account, organizationId, workspaceId }
    for (const entry of some) books.pages.putEntry({ ...entry, account: payer })
    const before = books.budgetsOf(payer, countedAtMs)
    books.putBudgets(
      payer,
      before.map((budget) => countAdopted(budget, sums)),
    )
  }
}

function withoutTenant({ account, call, ...entry }: KeptEntry): LedgerEntry {
  const { runId, sessionId, forkedFrom, userId } = account
  const payer = { runId, sessionId, forkedFrom, userId }
  const tags = [...new Set(call?.tags)].toSorted()
  return { ...entry, account: payer, call: call && { ...call, tags } }
}
