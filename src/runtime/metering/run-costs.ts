import { nanoUsdFromUsd, usdFromNanoUsd } from '../../domain/money.ts'
import type { CountedUsage } from '../../domain/perdure-event.ts'
import type { DraftOfType, EventDraft } from '../../domain/session-event.ts'
import type { PerdureError } from '../../errors/perdure-error.ts'
import type { TurnEndedReport } from '../../ports/agent-report.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RunAccount } from '../../ports/model-gateway.ts'
import type { ModelObservation } from '../../ports/model-observation.ts'
import type { OwnEvents } from '../own-events.ts'
import { warnOf } from '../warn-of.ts'
import { RunMeter, type CostUpdate } from './run-meter.ts'
import { StreamMetrics, type ModelMetrics } from './stream-metrics.ts'

/** Who watches what a run costs, live. What they throw breaks nothing. */
export interface CostWatch {
  readonly onCostUpdate: ((costUsd: number, update: CostUpdate) => void) | null
  readonly onMetrics: ((metrics: ModelMetrics) => void) | null
}

export interface RunCostsOptions {
  readonly watch: CostWatch
  readonly clock: Clock
  readonly own: OwnEvents
  readonly push: (event: EventDraft) => void
  /** The gateway refuses the run's calls, and why. */
  readonly onRefused: (error: PerdureError) => void
}

/** What a run costs, from both sides: as the gateway counts it, and as the agent does. */
export class RunCosts {
  readonly #meter: RunMeter
  readonly #metrics: StreamMetrics | null
  readonly #onRefused: RunCostsOptions['onRefused']
  #agent: { costUsd: number; usage: Omit<CountedUsage, 'cost_nano_usd'> } | null = null

  constructor({ watch, clock, own, push, onRefused }: RunCostsOptions) {
    const { onCostUpdate, onMetrics } = watch
    const onThreshold = (crossed: Parameters<OwnEvents['budgetThreshold']>[0]): void =>
      push(own.budgetThreshold(crossed))
    this.#meter = new RunMeter({ onCostUpdate, onThreshold })
    const costOfRequest = (requestId: string) => this.#meter.costOfRequest(requestId)
    this.#metrics = onMetrics === null ? null : new StreamMetrics({ clock, onMetrics, costOfRequest })
    this.#onRefused = onRefused
  }

  /** What the gateway tells of the run's calls. */
  readonly listeners: Pick<RunAccount, 'onEnded' | 'onSettled' | 'onRefused' | 'onLedgerFailure'> = {
    onEnded: (call, made) => this.#meter.ended(call, made),
    onSettled: (call, settled) => this.#meter.entered(call, settled),
    onRefused: (error) => this.#onRefused(error),
    onLedgerFailure: (error) => warnOf('The cost of a model call could not be entered', error),
  }

  observe(observation: ModelObservation): void {
    this.#metrics?.observe(observation)
  }

  /** The event with what its request cost, where it is the end of one. */
  withCost(event: EventDraft): EventDraft {
    const requestId = event.type === 'span.model_request_end' ? event.perdure?.request_id : undefined
    const cost = requestId === undefined ? null : this.#meter.costOfRequest(requestId)
    if (cost === null) return event
    return { ...event, perdure: { ...event.perdure, cost_nano_usd: cost.toString() } }
  }

  /** A turn is over. Its cost by the gateway; null where only the agent can say. */
  turnEnded(report: TurnEndedReport): bigint | null {
    const { costUsd, usage } = this.#agent ?? { costUsd: 0, usage: noTokens }
    this.#agent = { costUsd: costUsd + report.costUsd, usage: Object.values(report.modelUsage).reduce(plus, usage) }
    return this.#meter.takeTurn()
  }

  /** Cost that no turn counted. */
  get unsettled(): Pick<DraftOfType<'perdure.run_ended'>, 'unsettled_cost_nano_usd'> {
    const cost = this.#meter.unsettledNanoUsd
    return cost > 0n ? { unsettled_cost_nano_usd: cost.toString() } : {}
  }

  /** Both counts of the whole run, where they differ. */
  get difference(): { gateway: CountedUsage; agent: CountedUsage } | null {
    const gateway = this.#meter.counted
    if (gateway === null || this.#agent === null) return null
    const agent = {
      cost_nano_usd: nanoUsdFromUsd(Math.max(0, this.#agent.costUsd)).toString(),
      ...this.#agent.usage,
    }
    return isSame(gateway, agent) ? null : { gateway, agent }
  }
}

const noTokens = { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }

const plus = (sum: typeof noTokens, usage: TurnEndedReport['modelUsage'][string]): typeof noTokens => ({
  input_tokens: sum.input_tokens + usage.inputTokens,
  output_tokens: sum.output_tokens + usage.outputTokens,
  cache_read_input_tokens: sum.cache_read_input_tokens + usage.cacheReadInputTokens,
  cache_creation_input_tokens: sum.cache_creation_input_tokens + usage.cacheCreationInputTokens,
})

/** The agent adds its dollars as floating point numbers. */
const roundingUsd = 0.000001

function isSame(gateway: CountedUsage, agent: CountedUsage): boolean {
  const apart = usdFromNanoUsd(BigInt(gateway.cost_nano_usd) - BigInt(agent.cost_nano_usd))
  const counts = Object.keys(noTokens) as (keyof typeof noTokens)[]
  return Math.abs(apart) <= roundingUsd && counts.every((count) => gateway[count] === agent[count])
}
