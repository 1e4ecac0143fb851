import { sql, type Kysely, type Selectable } from 'kysely'
import { countAdopted } from '../../../domain/budget-count.ts'
import type { TenantAccount } from '../../../domain/call-account.ts'
import type { CallUsage } from '../../../domain/call-usage.ts'
import type { RunId, SessionId } from '../../../domain/ids.ts'
import type { EnteredCall, LedgerEntry } from '../../../ports/ledger.ts'
import { adoptedSums } from '../../ledger/adopted-sums.ts'
import type { LedgerEntryTable, Tables, WorkspaceColumns } from '../schema.ts'
import { enterEntries } from './enter-entries.ts'
import { entryOf, presumedEntryOf } from './entry-row.ts'
import { budgetsOf, putBudgets, workspaceOf, type LedgerContext } from './ledger-context.ts'
import { amount, periodsAt } from './ledger-rows.ts'

const entriesPerStatement = 50

/** What counts in budgets of a session, its forks' calls included, by id. */
export async function readEntries(
  database: Kysely<Tables>,
  workspace: WorkspaceColumns,
  { sessionId, after = '', limit }: { sessionId: SessionId; after?: string | undefined; limit: number },
): Promise<LedgerEntry[]> {
  const forks = database
    .selectFrom('ledger_fork')
    .select('fork_session_id')
    .where((eb) => eb.and({ ...workspace, session_id: sessionId }))
  const itself = database.selectNoFrom(sql<string>`${sessionId}`.as('fork_session_id'))
  const rows = await database
    .selectFrom('ledger_entry')
    .selectAll()
    .select([
      amount('cost_nano_usd').as('cost'),
      amount('list_cost_nano_usd').as('list_cost'),
      amount('presumed_nano_usd').as('presumed'),
    ])
    .where((eb) => eb.and(workspace))
    .where('session_id', 'in', forks.unionAll(itself))
    .where('entry_id', '>', after)
    .orderBy('entry_id')
    .limit(limit)
    .execute()
  const tags = await tagsOf(database, { workspace, entryIds: rows.map(({ entry_id }) => entry_id) })
  const ancestors = await ancestorsOf(database, { workspace, sessionIds: rows.map(({ session_id }) => session_id) })
  return rows.map((row) => ({
    id: row.entry_id,
    countedAtMs: row.counted_at,
    account: {
      runId: row.run_id as RunId,
      sessionId: row.session_id as SessionId,
      forkedFrom: ancestors.get(row.session_id) ?? [],
      userId: row.user_id,
    },
    costNanoUsd: BigInt(row.cost),
    presumedNanoUsd: BigInt(row.presumed),
    isDuplicate: row.is_duplicate === 1,
    isOverrun: row.is_overrun === 1,
    call: row.kind === null ? null : callOf(row, { listCost: row.list_cost, tags: tags.get(row.entry_id) ?? [] }),
  }))
}

/** Enters what another ledger had entered, except what is here already, and counts it in the budgets above it. */
export async function adoptEntries(
  transaction: Kysely<Tables>,
  { entries, scope }: { entries: readonly LedgerEntry[]; scope: Pick<TenantAccount, 'organizationId' | 'workspaceId'> },
  { queries }: LedgerContext,
): Promise<void> {
  const workspace = workspaceOf(scope)
  const known = await knownIds(transaction, { workspace, ids: entries.map(({ id }) => id) })
  const fresh = new Map(entries.filter(({ id }) => !known.has(id)).map((entry) => [entry.id, entry]))
  for (const { account, countedAtMs, sums, entries: some } of adoptedSums([...fresh.values()])) {
    const tenant: TenantAccount = { ...account, ...scope }
    for (let start = 0; start < some.length; start += entriesPerStatement) {
      const rows = some.slice(start, start + entriesPerStatement).map((entry) => rowOf(entry, tenant))
      await enterEntries(transaction, { account: tenant, entries: rows }, queries)
    }
    for (const { id, call } of some) {
      const tags = [...new Set(call?.tags)].map((tag) => ({ tag }))
      if (tags.length > 0) await transaction.executeQuery(queries.insertTags({ ...workspace, entry_id: id }, tags))
    }
    const before = await budgetsOf(transaction, tenant, { queries, periods: periodsAt(countedAtMs) })
    const after = before.map((budget) => countAdopted(budget, sums))
    await putBudgets(transaction, { before, after, workspace }, queries)
  }
}

function rowOf(entry: LedgerEntry, account: TenantAccount) {
  const { id, call, countedAtMs, costNanoUsd, presumedNanoUsd, isDuplicate, isOverrun } = entry
  if (call === null) {
    const reservation = { id, account, grantedNanoUsd: 0n, reservedAtMs: countedAtMs, isPresumed: true }
    return { ...presumedEntryOf(reservation, presumedNanoUsd), entry_id: id }
  }
  const entered = { ...call, id, account, reservationId: null, costNanoUsd, presumedNanoUsd }
  return entryOf(entered, { countedAtMs, isDuplicate, isOverrun })
}

function callOf(
  row: Selectable<LedgerEntryTable>,
  { listCost, tags }: { listCost: string; tags: readonly string[] },
): EnteredCall {
  return {
    thread: row.thread,
    tags,
    kind: row.kind as EnteredCall['kind'],
    upstream: row.upstream ?? '',
    model: row.model ?? '',
    messageId: row.message_id,
    requestId: row.request_id,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cacheReadInputTokens: row.cache_read_input_tokens,
      cacheWrite5mInputTokens: row.cache_write_5m_input_tokens,
      cacheWrite1hInputTokens: row.cache_write_1h_input_tokens,
      webSearchRequests: row.web_search_requests,
      speed: (row.speed ?? 'standard') as CallUsage['speed'],
      inferenceGeo: row.inference_geo as CallUsage['inferenceGeo'],
    },
    listCostNanoUsd: BigInt(listCost),
    certainty: row.certainty as EnteredCall['certainty'],
    firstTokenMs: row.first_token_ms,
    durationMs: row.duration_ms ?? 0,
  }
}

async function knownIds(
  database: Kysely<Tables>,
  { workspace, ids }: { workspace: WorkspaceColumns; ids: readonly string[] },
): Promise<Set<string>> {
  const known = new Set<string>()
  for (let start = 0; start < ids.length; start += entriesPerStatement) {
    const rows = await database
      .selectFrom('ledger_entry')
      .select('entry_id')
      .where((eb) => eb.and(workspace))
      .where('entry_id', 'in', ids.slice(start, start + entriesPerStatement))
      .execute()
    for (const { entry_id } of rows) known.add(entry_id)
  }
  return known
}

async function tagsOf(
  database: Kysely<Tables>,
  { workspace, entryIds }: { workspace: WorkspaceColumns; entryIds: readonly string[] },
): Promise<Map<string, string[]>> {
  const tags = new Map<string, string[]>()
  if (entryIds.length === 0) return tags
  const rows = await database
    .selectFrom('ledger_entry_tag')
    .select(['entry_id', 'tag'])
    .where((eb) => eb.and(workspace))
    .where('entry_id', 'in', [...entryIds])
    .orderBy('tag')
    .execute()
  for (const { entry_id, tag } of rows) tags.set(entry_id, [...(tags.get(entry_id) ?? []), tag])
  return tags
}

async function ancestorsOf(
  database: Kysely<Tables>,
  { workspace, sessionIds }: { workspace: WorkspaceColumns; sessionIds: readonly string[] },
): Promise<Map<string, SessionId[]>> {
  const ancestors = new Map<string, SessionId[]>()
  if (sessionIds.length === 0) return ancestors
  const rows = await database
    .selectFrom('ledger_fork')
    .select(['session_id', 'fork_session_id'])
    .where((eb) => eb.and(workspace))
    .where('fork_session_id', 'in', [...new Set(sessionIds)])
    .orderBy('session_id', 'desc')
    .execute()
  for (const { session_id, fork_session_id } of rows) {
    ancestors.set(fork_session_id, [...(ancestors.get(fork_session_id) ?? []), session_id as SessionId])
  }
  return ancestors
}
