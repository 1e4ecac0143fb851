import type { CostRow } from '../cost-row.ts'
import { findPrice } from '../prices/find-price.ts'
import { ratesAt } from '../prices/cost-of-call.ts'
import type { ModelPrice, PriceTable, TokenRates } from '../prices/price-table.ts'
import type { ConversationRole } from './cost-finding.ts'

/** What advice is made from: what calls cost, by these dimensions. */
export const adviceDimensions = ['session', 'thread', 'model', 'kind', 'run', 'minute'] as const
export type AdviceRow = CostRow<(typeof adviceDimensions)[number]>

/** What one conversation used of one model, minute by minute. */
export interface Conversation extends TokenSums {
  readonly session: string
  readonly model: string
  readonly role: ConversationRole
  readonly minutes: readonly ConversationMinute[]
  readonly price: ModelPrice
  /** Those of an average call. */
  readonly rates: TokenRates
}

export interface TokenSums {
  readonly calls: number
  readonly input: number
  readonly read: number
  readonly written5m: number
  readonly written1h: number
}

export interface ConversationMinute extends TokenSums {
  readonly atMs: number
  readonly run: string | null
}

/** All that an average call of a sum was asked with. */
export const averagePrompt = (sums: TokenSums): number =>
  (sums.input + sums.read + sums.written5m + sums.written1h) / sums.calls

/** The part of it that was in the cache afterwards. */
export const averageCached = (sums: TokenSums): number => (sums.read + sums.written5m + sums.written1h) / sums.calls

/** The conversations whose model has a price. Requests beside a conversation, and what keeps its cache warm, are left out. */
export function conversationsOf(rows: readonly AdviceRow[], prices: PriceTable): Conversation[] {
  const byConversation = Map.groupBy(rows.filter(isOfConversation), ({ group }) =>
    JSON.stringify([group.session, group.thread, group.model]),
  )
  return [...byConversation.values()].flatMap((ofOne) => {
    const { session, thread, model } = ofOne[0]!.group
    const minutes = ofOne.map(minuteOf).toSorted((left, right) => left.atMs - right.atMs)
    const price = findPrice(prices, model!, { at: new Date(minutes.at(-1)!.atMs) })
    if (price === undefined) return []
    const sums = sumOf(minutes)
    const role: ConversationRole = thread === null ? 'main' : 'subAgents'
    const rates = ratesAt(price, averagePrompt(sums))
    return [{ session: session!, model: model!, role, minutes, price, rates, ...sums }]
  })
}

const isOfConversation = ({ group, calls }: AdviceRow): boolean =>
  calls > 0 && group.model != null && (group.kind === 'turn' || group.kind === 'compaction')

const minuteOf = (row: AdviceRow): ConversationMinute => ({
  atMs: Date.parse(`${row.group.minute}Z`),
  run: row.group.run ?? null,
  calls: row.calls,
  input: row.inputTokens,
  read: row.cacheReadInputTokens,
  written5m: row.cacheWrite5mInputTokens,
  written1h: row.cacheWrite1hInputTokens,
})

export function sumOf(parts: readonly TokenSums[]): TokenSums {
  const total = (field: keyof TokenSums): number => parts.reduce((sum, part) => sum + part[field], 0)
  return {
    calls: total('calls'),
    input: total('input'),
    read: total('read'),
    written5m: total('written5m'),
    written1h: total('written1h'),
  }
}
