import type { CountedUsage } from '../../domain/perdure-event.ts'
import type { BudgetState } from '../../domain/budget.ts'
import { usdFromNanoUsd, type NanoUsd } from '../../domain/money.ts'
import type { LedgerCall, SettledCall } from '../../ports/ledger.ts'
import { warnOf } from '../warn-of.ts'

/** How the cost of a run stands after one more model call. */
export interface CostUpdate {
  /** Cost of the run so far, sub-agents included. */
  readonly costUsd: number
  /** What it may have cost beyond that and nobody can know, such as the rest of a cut answer. */
  readonly presumedUsd: number
  /** The call that was just counted. */
  readonly call: {
    /** `side`: beside the conversation, such as a title, or what keeps the prompt cache warm. */
    readonly kind: LedgerCall['kind']
    readonly model: string
    /** The sub-agent's id; null on the main thread. */
    readonly thread: string | null
    readonly costUsd: number
    readonly inputTokens: number
    readonly outputTokens: number
    readonly cacheReadInputTokens: number
    readonly cacheCreationInputTokens: number
  }
  /** The budgets that hold for the run, the narrowest first. */
  readonly budgets: readonly BudgetReport[]
}

/** A budget in dollars, for people and programs that only look. */
export interface BudgetReport extends Pick<BudgetState, 'scope' | 'id' | 'window' | 'mode'> {
  readonly limitUsd: number
  readonly spentUsd: number
  readonly presumedUsd: number
  readonly reservedUsd: number
}

export interface RunMeterOptions {
  readonly onCostUpdate: ((costUsd: number, update: CostUpdate) => void) | null
  /** Called for each threshold of a budget that a call of this run crossed. */
  readonly onThreshold: (crossed: SettledCall['crossed'][number]) => void
}

/** Counts what the model calls of one run cost, as the gateway reports them. */
export class RunMeter {
  readonly #options: RunMeterOptions
  readonly #costByRequest = new Map<string, NanoUsd>()
  #costNanoUsd = 0n
  #presumedNanoUsd = 0n
  /** Of calls that keep the cache warm: the agent knows nothing of them. */
  #unknownToAgentNanoUsd = 0n
  /** Already said to be part of a turn. */
  #turnsNanoUsd = 0n
  #calls = 0
  #isComplete = true
  #tokens = { input: 0, output: 0, cacheRead: 0, cacheCreation: 0 }

  constructor(options: RunMeterOptions) {
    this.#options = options
  }

  /** A call ended. Heard before the agent has the last of the answer. */
  ended(call: LedgerCall, { byAgent }: { readonly byAgent: boolean }): void {
    const { usage } = call
    this.#costNanoUsd += call.costNanoUsd
    this.#presumedNanoUsd += call.presumedNanoUsd
    if (!byAgent) return void (this.#unknownToAgentNanoUsd += call.costNanoUsd)
    this.#calls += 1
    this.#tokens.input += usage.inputTokens
    this.#tokens.output += usage.outputTokens
    this.#tokens.cacheRead += usage.cacheReadInputTokens
    this.#tokens.cacheCreation += cacheCreationOf(call)
    if (call.certainty === 'unpriced') this.#isComplete = false
    if (call.requestId !== null) this.#costByRequest.set(call.requestId, call.costNanoUsd)
  }

  /** The call stands in the ledger. */
  entered(call: LedgerCall, settled: SettledCall): void {
    // The message was paid for before.
    if (settled.isDuplicate) this.#costNanoUsd -= call.costNanoUsd
    for (const crossed of settled.crossed) this.#options.onThreshold(crossed)
    this.#tell(call, settled.budgets)
  }

  /** What a request cost, when it is known by its end. */
  costOfRequest(requestId: string): NanoUsd | null {
    return this.#costByRequest.get(requestId) ?? null
  }

  /** Cost since the last turn, which is over now; null where the gateway cannot say. */
  takeTurn(): NanoUsd | null {
    if (this.#calls === 0 || !this.#isComplete) return null
    const cost = this.unsettledNanoUsd
    this.#turnsNanoUsd = this.#costNanoUsd
    return cost
  }

  /** What no turn has counted yet. */
  get unsettledNanoUsd(): NanoUsd {
    return this.#costNanoUsd - this.#turnsNanoUsd
  }

  /** Everything counted of the agent's own calls; null where a model had no price, or nothing was asked. */
  get counted(): CountedUsage | null {
    if (this.#calls === 0 || !this.#isComplete) return null
    return {
      cost_nano_usd: (this.#costNanoUsd - this.#unknownToAgentNanoUsd).toString(),
      input_tokens: this.#tokens.input,
      output_tokens: this.#tokens.output,
      cache_read_input_tokens: this.#tokens.cacheRead,
      cache_creation_input_tokens: this.#tokens.cacheCreation,
    }
  }

  #tell(call: LedgerCall, budgets: readonly BudgetState[]): void {
    const { onCostUpdate } = this.#options
    if (onCostUpdate === null) return
    const costUsd = usdFromNanoUsd(this.#costNanoUsd)
    try {
      onCostUpdate(costUsd, {
        costUsd,
        presumedUsd: usdFromNanoUsd(this.#presumedNanoUsd),
        call: {
          kind: call.kind,
          model: call.model,
          thread: call.thread,
          costUsd: usdFromNanoUsd(call.costNanoUsd),
          inputTokens: call.usage.inputTokens,
          outputTokens: call.usage.outputTokens,
          cacheReadInputTokens: call.usage.cacheReadInputTokens,
          cacheCreationInputTokens: cacheCreationOf(call),
        },
        budgets: budgets.map(budgetReport),
      })
    } catch (error) {
      warnOf('onCostUpdate threw', error)
    }
  }
}

const cacheCreationOf = ({ usage }: LedgerCall): number => usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens

export const budgetReport = (budget: BudgetState): BudgetReport => ({
  scope: budget.scope,
  id: budget.id,
  window: budget.window,
  mode: budget.mode,
  limitUsd: usdFromNanoUsd(budget.limitNanoUsd),
  spentUsd: usdFromNanoUsd(budget.spentNanoUsd),
  presumedUsd: usdFromNanoUsd(budget.presumedNanoUsd),
  reservedUsd: usdFromNanoUsd(budget.reservedNanoUsd),
})
