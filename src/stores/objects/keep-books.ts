import { createHash } from 'node:crypto'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import type { KeepBooks } from '../ledger/book-ledger.ts'
import { LedgerBooks } from '../ledger/ledger-books.ts'
import type { KeptEntry, MessageName } from '../ledger/ledger-pages.ts'
import { putBelow, type Batches } from './batches.ts'
import { mapSome, type Documents } from './documents.ts'
import { emptyLedger, ledgerItems, timeKey, unplain, type LedgerDocument, type Plain } from './ledger-document.ts'
import { nameOfQuestion, NotHere, ObjectLedgerPages, type LedgerAnswers, type LedgerQuestion } from './ledger-pages.ts'
import { objectName } from './object-name.ts'
import { mayHave, withItems, withTailStored, type StoredBatch } from './stored-list.ts'
import type { VersionedDocument } from './versioned-document.ts'

/** What the newest entries may come to in the document, in characters. */
const largestTail = 64_000
/** Calls that were reserved so long ago are settled no more. */
const oldestPeriodMs = 40 * 24 * 60 * 60 * 1000

export interface LedgerPlace {
  readonly bucket: ObjectBucket
  readonly documents: Documents
  readonly batches: Batches
  readonly organizationId: string
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
}

/** Keeps the books of an organization in one document; entries move from it into batches as they get many. */
export function keepBooksIn(place: LedgerPlace): KeepBooks {
  const prefix = `o/${objectName(place.organizationId)}/l`
  return (rule) =>
    documentAt(place, prefix).change(async (document, nowMs) => {
      const answers: LedgerAnswers = new Map()
      for (;;) {
        const pages = new ObjectLedgerPages(document, { nowMs, answers })
        try {
          const result = rule(new LedgerBooks(pages, place.isOwnerGone))
          const { pages: state, added } = pages
          if (added.length === 0) return { state, result }
          return { state: { ...state, entries: withItems(state.entries, added, ledgerItems) }, result }
        } catch (error) {
          if (!(error instanceof NotHere)) throw error
          answers.set(nameOfQuestion(error.question), await answer(place, { prefix, document }, error.question))
        }
      }
    })
}

function documentAt({ documents, bucket }: LedgerPlace, prefix: string): VersionedDocument<LedgerDocument> {
  return documents.at<LedgerDocument>(`${prefix}/d`, {
    empty: emptyLedger,
    spill: async (state, put, base) => {
      if (state.entries.tailSize <= largestTail || base.entries.tail.length === 0) return state
      // Only what counts already is marked as known, and so only that may leave the document.
      const count = base.entries.tail.length
      await mapSome(messagesOf(base.entries.tail), (message) =>
        bucket.create(messageKey(prefix, message), new Uint8Array()),
      )
      const kind = ledgerItems
      return {
        ...state,
        counts: presentCounts(state.counts, await bucket.now()),
        entries: await withTailStored(state.entries, { kind, count, put: putBelow(`${prefix}/b`, put) }),
      }
    },
  })
}

/** Without those of days and months that are long over: no limit looks at them any more. */
function presentCounts(counts: LedgerDocument['counts'], nowMs: number): LedgerDocument['counts'] {
  const oldest = new Date(nowMs - oldestPeriodMs).toISOString()
  return Object.fromEntries(
    Object.entries(counts).filter(([, count]) => {
      const { period } = unplain(count)
      return period === 'total' || period >= oldest.slice(0, period.length)
    }),
  )
}

async function answer(
  { bucket, batches }: LedgerPlace,
  { prefix, document }: { prefix: string; document: LedgerDocument },
  question: LedgerQuestion,
): Promise<readonly KeptEntry[] | boolean> {
  // What is in no batch was looked for in the document.
  if (document.entries.levels.length === 0) return question.type === 'message' ? false : []
  if (question.type === 'message') return (await bucket.read(messageKey(prefix, question.message))) !== null
  const stored = { ...document.entries, tail: [] }
  const entries: KeptEntry[] = []
  for await (const { items } of batches.read(stored, (batch) => isAskedFor(batch, question))) {
    entries.push(...items.map((text) => unplain<KeptEntry>(text)))
  }
  return entries
}

function isAskedFor(batch: StoredBatch, question: LedgerQuestion & { type: 'ids' | 'meant' }): boolean {
  const { workspaceId } = question.type === 'ids' ? question : question.meant
  if (workspaceId !== undefined && !mayHave(batch, 'workspace', [workspaceId])) return false
  if (question.type === 'ids') return mayHave(batch, 'id', question.ids)
  const { payer, fromMs, toMs } = question.meant
  const [first, last] = batch.bounds['time']!
  if (last < timeKey(Math.max(fromMs, 0)) || first >= timeKey(toMs)) return false
  const isNarrow = payer?.scope === 'run' || payer?.scope === 'session' || payer?.scope === 'user'
  return !isNarrow || mayHave(batch, payer.scope, [payer.id])
}

const messagesOf = (tail: readonly Plain<KeptEntry>[]): MessageName[] =>
  tail.flatMap((text) => {
    const { account, call } = unplain(text)
    const { workspaceId, sessionId } = account
    return call?.messageId ? [{ workspaceId, sessionId, messageId: call.messageId }] : []
  })

/** A message of a session that was entered, as an empty object. */
function messageKey(prefix: string, { workspaceId, sessionId, messageId }: MessageName): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([workspaceId, sessionId, messageId]))
    .digest('hex')
  return `${prefix}/m/${hash}`
}
