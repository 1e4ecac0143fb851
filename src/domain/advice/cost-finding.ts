import type { NanoUsd } from '../money.ts'

/** The main conversation of a session, or the sub-agents. */
export type ConversationRole = 'main' | 'subAgents'

/**
 * `pauses`: entries of the cache were lost in pauses that an hour would have outlasted. `hour_unused`: none was that
 * long. `changing_prompt`: prompts differ from call to call, so that little is read. `cache_unused`: what is written
 * is not read again. `not_cached`: nothing is. `long_prompts`: calls above a size from which all is dearer.
 * `unpriced`: calls of models without a price. `list_price`: models that prices of one's own leave out.
 */
export type CostFindingCode =
  | 'pauses'
  | 'hour_unused'
  | 'changing_prompt'
  | 'cache_unused'
  | 'not_cached'
  | 'long_prompts'
  | 'unpriced'
  | 'list_price'

/** Something in what calls cost that can be changed, and what that would have saved in these calls. */
export interface CostFinding {
  readonly code: CostFindingCode
  readonly model: string
  /** Null: all conversations. */
  readonly role: ConversationRole | null
  readonly sessions: number
  readonly calls: number
  /** By the price table, for the same calls. */
  readonly savesNanoUsd: NanoUsd
  /** `at_most`: as far as prompts can be made shorter. `about`: for conversations that grow evenly. */
  readonly certainty: 'exact' | 'about' | 'at_most'
  /** The option of a run to change, such as `cache.main`, and what to set it to, as one would write it. */
  readonly option: string
  readonly value: string
}
