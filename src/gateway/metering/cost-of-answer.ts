import { noCallUsage, promptTokensOf, type CallUsage } from '../../domain/call-usage.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { costOfCall } from '../../domain/prices/cost-of-call.ts'
import type { ModelPrice } from '../../domain/prices/price-table.ts'
import type { LedgerCall } from '../../ports/ledger.ts'
import type { AnswerFacts } from './answer-reader.ts'
import { callUsageOf } from './usage-of-wire.ts'

/** The part of a ledger's entry that an answer decides. */
export type CallCost = Pick<LedgerCall, 'usage' | 'costNanoUsd' | 'listCostNanoUsd' | 'presumedNanoUsd' | 'certainty'>

export interface CallPrices {
  /** Undefined where the model has none. */
  readonly billed: ModelPrice | undefined
  readonly list: ModelPrice | undefined
}

/**
 * What a call cost, by what its answer has told when it ends. A whole answer says what it used. Of a cut one the
 * input is known and the output estimated by its length. The rest, up to what was reserved, is presumed: nobody
 * can know what the service wrote and bills. An answer that had not begun is presumed whole.
 */
export function costOfAnswer(
  facts: AnswerFacts,
  { prices, reservedNanoUsd }: { prices: CallPrices; reservedNanoUsd: NanoUsd },
): CallCost {
  const usage = usageOf(facts)
  const isKnown = isFinal(facts) && hasTokens(usage)
  const costNanoUsd =
    prices.billed === undefined ? 0n : billedCost(facts, { usage, price: prices.billed, reservedNanoUsd })
  const listCostNanoUsd = prices.list === undefined ? 0n : costOfCall(usage, prices.list)
  const rest = reservedNanoUsd - costNanoUsd
  return {
    usage,
    costNanoUsd,
    listCostNanoUsd,
    presumedNanoUsd: isKnown || rest < 0n ? 0n : rest,
    certainty: prices.billed === undefined ? 'unpriced' : isKnown ? 'known' : 'estimated',
  }
}

/** An estimate by the length of an answer may lie above what its tokens can cost; what the service said may not. */
function billedCost(
  facts: AnswerFacts,
  { usage, price, reservedNanoUsd }: { usage: CallUsage; price: ModelPrice; reservedNanoUsd: NanoUsd },
): NanoUsd {
  const cost = costOfCall(usage, price)
  if (reservedNanoUsd === 0n || cost <= reservedNanoUsd) return cost
  const reported = costOfCall(reportedUsage(facts), price)
  return reported > reservedNanoUsd ? reported : reservedNanoUsd
}

const reportedUsage = ({ start, last }: AnswerFacts): CallUsage =>
  start === null && last === null ? noCallUsage : callUsageOf(start, last)

function usageOf(facts: AnswerFacts): CallUsage {
  if (facts.start === null && facts.last === null) return noCallUsage
  const usage = reportedUsage(facts)
  if (isFinal(facts)) return usage
  return { ...usage, outputTokens: Math.max(usage.outputTokens, facts.estimatedOutputTokens) }
}

/** Some services end an answer without saying what it used. */
const isFinal = ({ state, last }: AnswerFacts): boolean => state === 'complete' && last?.output_tokens !== undefined

const hasTokens = (usage: CallUsage): boolean => promptTokensOf(usage) > 0 || usage.outputTokens > 0
