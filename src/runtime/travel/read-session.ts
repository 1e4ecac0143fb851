import { leftOf, type BudgetLimit, type BudgetState } from '../../domain/budget.ts'
import type { PackName } from '../../domain/checkpoint-id.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { CheckpointRecord } from '../../ports/checkpoint-store.ts'
import type { LedgerEntry } from '../../ports/ledger.ts'
import type { SessionRecord } from '../../ports/session-records.ts'
import type { WorkspaceStores } from '../../ports/storage.ts'
import type { AccountPart, HistoryPart } from './session-part.ts'

const eventsAtOnce = 50
const transcriptEntriesAtOnce = 500
const ledgerEntriesAtOnce = 500

export interface ReadOptions {
  readonly withTranscripts?: boolean
  /** Its checkpoints. */
  readonly withFiles?: boolean
}

/**
 * The history of a session, piece by piece: of events and amounts so many at once, of conversations and packs one at a
 * time. Whoever reads holds the session's lease.
 * @throws {PerdureError} `storage_failed` when something that the session names is not there.
 */
export async function* readHistory(
  stores: WorkspaceStores,
  record: Pick<SessionRecord, 'id' | 'agentSessionId'>,
  { withTranscripts = true, withFiles = true }: ReadOptions = {},
): AsyncGenerator<HistoryPart> {
  const conversations = new Set<string>()
  for await (const events of eventsOf(stores, record.id)) {
    for (const event of events) for (const id of conversationsNamedBy(event)) conversations.add(id)
    yield { type: 'events', events }
  }
  if (record.agentSessionId !== null) conversations.add(record.agentSessionId)
  if (withTranscripts) for (const agentSessionId of conversations) yield* transcriptsOf(stores, agentSessionId)
  if (withFiles) yield* checkpointsOf(stores, record.id)
}

/** Budgets of the session, what counts in them, and what waits for its agent. */
export async function* readAccounts(stores: WorkspaceStores, sessionId: SessionId): AsyncGenerator<AccountPart> {
  const budgets = await budgetsOfSession(stores, sessionId)
  if (budgets.length > 0) yield { type: 'budgets', budgets: budgets.map(travellingLimit) }
  for await (const entries of entriesOf(stores, sessionId)) yield { type: 'ledger', entries }
  const waiting = await stores.inbox.list(sessionId)
  if (waiting.length > 0) yield { type: 'inbox', waiting }
}

export const budgetsOfSession = async ({ ledger }: WorkspaceStores, sessionId: SessionId): Promise<BudgetState[]> =>
  (await ledger.budgets()).filter(({ scope, id }) => scope === 'session' && id === sessionId)

/** The limit under which it goes on elsewhere. One that was closed is used up there. */
export function travellingLimit(budget: BudgetState): BudgetLimit {
  const { scope, id, window, limitNanoUsd, mode, thresholds } = budget
  const used = budget.spentNanoUsd + budget.presumedNanoUsd
  const isUsedUp = budget.isClosed && used < limitNanoUsd && leftOf(budget) === 0n
  return { scope, id, window, limitNanoUsd: isUsedUp ? used : limitNanoUsd, mode, thresholds }
}

async function* eventsOf({ events }: WorkspaceStores, sessionId: SessionId): AsyncGenerator<LoggedEvent[]> {
  for (let after = 0; ;) {
    const some = await events.read(sessionId, { after, limit: eventsAtOnce })
    const last = some.at(-1)
    if (last === undefined) return
    yield some
    after = last.sequence
  }
}

/** The agent's conversations that an event speaks of: those before `/clear` and on branches that were left, too. */
function conversationsNamedBy(event: LoggedEvent): string[] {
  switch (event.type) {
    case 'perdure.agent_started':
    case 'perdure.session_rewound':
      return [event.agent_session_id]
    case 'perdure.session_forked':
      return event.agent_session_id == null ? [] : [event.agent_session_id]
    default:
      return []
  }
}

async function* transcriptsOf({ transcripts }: WorkspaceStores, agentSessionId: string): AsyncGenerator<HistoryPart> {
  const keys = [
    { agentSessionId },
    ...(await transcripts.listSubpaths(agentSessionId)).map((subpath) => ({ agentSessionId, subpath })),
  ]
  for (const key of keys) {
    const entries = (await transcripts.load(key)) ?? []
    for (let start = 0; start < entries.length; start += transcriptEntriesAtOnce) {
      yield { type: 'transcript', key, entries: entries.slice(start, start + transcriptEntriesAtOnce) }
    }
  }
}

async function* checkpointsOf({ checkpoints }: WorkspaceStores, sessionId: SessionId): AsyncGenerator<HistoryPart> {
  const seen = new Set<PackName>()
  for (const checkpoint of parentsFirst(await checkpoints.listRecords(sessionId))) {
    for (const name of checkpoint.packs) {
      if (seen.has(name)) continue
      seen.add(name)
      const bytes = await checkpoints.getPack(name)
      if (bytes === null) {
        throw new PerdureError('storage_failed', `The storage lacks a pack of ${checkpoint.id}.`, { details: { name } })
      }
      yield { type: 'pack', name, bytes }
    }
    yield { type: 'checkpoint', checkpoint }
  }
}

/** In an order that every storage has: two may have been saved in the same moment, and time does not tell which needs which. */
function parentsFirst(given: readonly CheckpointRecord[]): CheckpointRecord[] {
  const records = given.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
  const waiting = new Map(records.map((record) => [record.id, record]))
  const ordered: CheckpointRecord[] = []
  for (const record of records) {
    const chain: CheckpointRecord[] = []
    let next: CheckpointRecord | undefined = record
    while (next !== undefined && waiting.delete(next.id)) {
      chain.push(next)
      next = next.parent === undefined ? undefined : waiting.get(next.parent)
    }
    ordered.push(...chain.toReversed())
  }
  return ordered
}

const nameOf = ({ createdAt, id }: CheckpointRecord): string => `${createdAt} ${id}`

async function* entriesOf({ ledger }: WorkspaceStores, sessionId: SessionId): AsyncGenerator<LedgerEntry[]> {
  for (let after: string | undefined; ;) {
    const some = await ledger.entries(sessionId, {
      ...(after === undefined ? {} : { after }),
      limit: ledgerEntriesAtOnce,
    })
    after = some.at(-1)?.id
    if (after === undefined) return
    yield some
  }
}
