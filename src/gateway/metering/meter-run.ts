import { promptTokensOf } from '../../domain/call-usage.ts'
import { findPrice } from '../../domain/prices/find-price.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, RunAccount, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { BudgetGate, type Admission, type GateAnswer, type Reservation } from '../budget/budget-gate.ts'
import { answerCut, refusalAnswer } from '../budget/budget-refusals.ts'
import { createKnownPrompts, type KnownPrompts } from '../budget/known-prompts.ts'
import { HardBudgets } from '../budget/read-hard-budgets.ts'
import { ReservationKeeper } from '../budget/reservation-keeper.ts'
import type { ReservationLine } from '../budget/reservation-line.ts'
import { isModelRequest } from '../traffic/request-facts.ts'
import type { CallPrices } from './cost-of-answer.ts'
import { describeCall } from './describe-call.ts'
import { MeteredCall, type EndedCall } from './metered-call.ts'
import { Settlements } from './settlements.ts'

/** An upstream whose calls are paid for by one run. */
export interface MeteredUpstream extends ModelUpstream {
  /** Ends the calls under way with what is known of them, and waits until they are entered. */
  close(): Promise<void>
}

export interface MeterOptions {
  readonly account: () => RunAccount
  /** Shared by all runs of a gateway: their calls wait for the same budgets. */
  readonly line: ReservationLine
}

/**
 * Meters the model calls of one run and holds its hard budgets. A call is reserved at its worst case before it is
 * made, and settled with what its answer says. Each request to this upstream is a call of its own: what
 * repeats failed ones stands around it.
 */
export function meterRun(upstream: ModelUpstream, options: MeterOptions): MeteredUpstream {
  const meter = new RunMeter(upstream, options)
  return { name: upstream.name, handle: (request) => meter.handle(request), close: () => meter.close() }
}

class RunMeter {
  readonly #upstream: ModelUpstream
  readonly #options: MeterOptions
  readonly #known: KnownPrompts = createKnownPrompts()
  readonly #gate: BudgetGate
  readonly #keeper = new ReservationKeeper()
  readonly #settlements = new Settlements()
  readonly #hardBudgets: HardBudgets
  readonly #underWay = new Set<MeteredCall>()
  /** Why no further call of this run is made. */
  #refusal: PerdureError | null = null
  #isClosed = false

  constructor(upstream: ModelUpstream, options: MeterOptions) {
    this.#upstream = upstream
    this.#options = options
    this.#gate = new BudgetGate({ upstream, line: options.line, known: this.#known })
    this.#hardBudgets = new HardBudgets({ onFailure: (error) => this.#settlements.report(options.account(), error) })
  }

  async handle(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (!isModelRequest(request)) return this.#upstream.handle(request)
    let account: RunAccount
    try {
      account = this.#options.account()
    } catch (error) {
      return refusalAnswer(PerdureError.from(error))
    }
    let answer: GateAnswer
    try {
      answer = await this.#admit(account, request)
    } catch (error) {
      if (request.signal.aborted) throw error
      answer = { status: 'refused', error: PerdureError.from(error) }
    }
    if (answer.status === 'invalid') return answer.answer
    // Nobody waits for what only keeps a cache: without it the run goes on.
    if (answer.status === 'refused' && request.isKeepWarm === true) return refusalAnswer(answer.error)
    if (answer.status === 'refused') return this.#refuse(account, answer.error)
    return this.#call(account, request, answer.admission)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const call of this.#underWay) call.end()
    await this.#settlements.settled()
  }

  async #admit(account: RunAccount, request: UpstreamRequest): Promise<GateAnswer> {
    if (this.#refusal !== null) return { status: 'refused', error: this.#refusal }
    const budgets = await this.#hardBudgets.read(account.ledger, account.callAccount)
    request.signal.throwIfAborted()
    if (budgets.length === 0) return { status: 'admitted', admission: { body: request.body, reservation: null } }
    // What this run has spent must stand in the ledger before it asks for more.
    await this.#settlements.settled()
    const answer = await this.#gate.admit({ account, request, budgets })
    if (answer.status !== 'admitted') return answer
    // While it waited the agent may have hung up, or another of the run's calls may have been the last.
    const isLate = request.signal.aborted || this.#isClosed || this.#refusal !== null
    if (!isLate) return answer
    await this.#giveBack(account, answer.admission.reservation)
    request.signal.throwIfAborted()
    return { status: 'refused', error: this.#refusal ?? new PerdureError('cancelled', 'The run is over.') }
  }

  /** After `budget_reached` nothing more is spent in this run, so that it ends as what it is. */
  #refuse(account: RunAccount, error: PerdureError): UpstreamResponse {
    if (error !== this.#refusal) {
      if (error.code === 'budget_reached') this.#refusal = error
      account.onRefused(error)
    }
    return refusalAnswer(error)
  }

  async #call(account: RunAccount, request: UpstreamRequest, admission: Admission): Promise<UpstreamResponse> {
    const { body, reservation } = admission
    if (reservation !== null) this.#keeper.add(reservation.id, account.ledger)
    // The upstream starts first: reading a large body for the ledger then costs no time on the way.
    const answering = Promise.try(() => this.#upstream.handle({ ...request, body, isPaidOnce: reservation !== null }))
    const description = describeCall(request)
    const call = new MeteredCall({
      account,
      admission,
      signal: request.signal,
      entry: { ...description, upstream: this.#upstream.name },
      prices: this.#pricesOf(account, description.model),
      onOver: (ended) => {
        this.#underWay.delete(call)
        this.#over(account, { reservation, ended, byAgent: request.isKeepWarm !== true })
      },
    })
    this.#underWay.add(call)
    try {
      return call.follow(await answering)
    } catch (error) {
      call.failed(error)
      throw error
    }
  }

  #pricesOf({ prices }: RunAccount, model: string): CallPrices {
    const at = new Date()
    const billedModel = this.#upstream.billedAs?.(model) ?? model
    return { billed: findPrice(prices.billed, billedModel, { at }), list: findPrice(prices.list, model, { at }) }
  }

  #over(account: RunAccount, { reservation, ended, byAgent }: CallOver): void {
    if (ended === null) return void this.#giveBack(account, reservation)
    if (reservation !== null && ended.facts.state === 'complete') this.#learn(account, reservation, ended)
    account.onEnded(ended.entry, { byAgent })
    void this.#settlements.settle(account, ended.entry, (settled) => {
      this.#letGo(reservation)
      if (settled !== null) account.onSettled(ended.entry, settled)
    })
  }

  #learn(account: RunAccount, { prompt, clamp }: Reservation, { entry, facts }: EndedCall): void {
    if (prompt !== null && entry.certainty === 'known') this.#known.remember(prompt, promptTokensOf(entry.usage))
    if (clamp !== null && facts.stopReason === 'max_tokens') this.#refuse(account, answerCut(clamp.budget, clamp))
  }

  async #giveBack(account: RunAccount, reservation: Reservation | null): Promise<void> {
    if (reservation === null) return
    await this.#settlements.release(account, reservation.id, () => this.#letGo(reservation))
  }

  #letGo(reservation: Reservation | null): void {
    if (reservation === null) return
    this.#keeper.remove(reservation.id)
    this.#options.line.wake(reservation.budgets)
  }
}

interface CallOver {
  readonly reservation: Reservation | null
  /** Null for a call that cost nothing. */
  readonly ended: EndedCall | null
  readonly byAgent: boolean
}
