import type { Kysely } from 'kysely'
import type { TenantAccount } from '../../../domain/call-account.ts'
import type { Tables } from '../schema.ts'
import type { EntryRow } from './entry-queries.ts'
import { workspaceOf } from './ledger-context.ts'
import type { LedgerQueries } from './ledger-queries.ts'

/** Adds entries of one account, so that the sessions which it is a fork of find them too. */
export async function enterEntries(
  transaction: Kysely<Tables>,
  { account, entries }: { account: TenantAccount; entries: readonly EntryRow[] },
  queries: LedgerQueries,
): Promise<void> {
  if (entries.length === 0) return
  const workspace = workspaceOf(account)
  await transaction.executeQuery(queries.insertEntries(workspace, entries))
  const ancestors = [...new Set(account.forkedFrom)].map((session_id) => ({ session_id }))
  if (ancestors.length === 0) return
  const fork = { ...workspace, fork_session_id: account.sessionId }
  await transaction.executeQuery(queries.insertForks(fork, ancestors))
}
