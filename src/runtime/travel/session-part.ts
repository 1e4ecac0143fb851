import type { BudgetLimit } from '../../domain/budget.ts'
import type { PackName } from '../../domain/checkpoint-id.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import type { CheckpointRecord } from '../../ports/checkpoint-store.ts'
import type { WaitingInput } from '../../ports/inbox.ts'
import type { LedgerEntry } from '../../ports/ledger.ts'
import type { TranscriptEntry, TranscriptKey } from '../../ports/transcript-store.ts'

/**
 * What a session consists of beside its record, in pieces that fit into memory. They come in the order of this list, and
 * what a piece needs has come before it: the packs of a checkpoint, the checkpoint before it.
 */
export type SessionPart = HistoryPart | AccountPart

/** What was said and done. It changes only under the session's lease. */
export type HistoryPart =
  | { readonly type: 'events'; readonly events: readonly LoggedEvent[] }
  | { readonly type: 'transcript'; readonly key: TranscriptKey; readonly entries: readonly TranscriptEntry[] }
  | { readonly type: 'pack'; readonly name: PackName; readonly bytes: Uint8Array }
  | { readonly type: 'checkpoint'; readonly checkpoint: CheckpointRecord }

/** What it may cost and has cost, and what was said to it meanwhile. */
export type AccountPart =
  | { readonly type: 'budgets'; readonly budgets: readonly BudgetLimit[] }
  | { readonly type: 'ledger'; readonly entries: readonly LedgerEntry[] }
  | { readonly type: 'inbox'; readonly waiting: readonly WaitingInput[] }
