import { leftOf, type BudgetKey, type BudgetState } from '../../domain/budget.ts'
import { newIdBody } from '../../domain/ids.ts'
import type { NanoUsd } from '../../domain/money.ts'
import { findPrice } from '../../domain/prices/find-price.ts'
import type { ModelPrice } from '../../domain/prices/price-table.ts'
import { outputTokensAffordable, worstCaseCost, type CallBounds } from '../../domain/prices/worst-case-cost.ts'
import type { PerdureError } from '../../errors/perdure-error.ts'
import type { ReserveAnswer } from '../../ports/ledger.ts'
import type { ModelUpstream, RunAccount, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import { apiErrorResponse } from '../wire/api-error.ts'
import { asRecord, readString } from '../wire/message-request.ts'
import { parsedBody } from '../wire/parsed-body.ts'
import { boundRequest, type RequestBound } from './bound-request.ts'
import { budgetReached, budgetUnbounded, modelUnpriced } from './budget-refusals.ts'
import { clampRequest, fewestOutputTokens } from './clamp-request.ts'
import { countPrompt } from './count-prompt.ts'
import type { KnownPrompts } from './known-prompts.ts'
import type { PromptItems } from './prompt-items.ts'
import { reservationTtlMs } from './reservation-keeper.ts'
import { scanRequest, type RequestScan } from './scan-request.ts'
import type { Queued, ReservationLine, SettledReserve } from './reservation-line.ts'

/** A call that may be made. */
export interface Admission {
  /** The agent's request, perhaps with a smaller `max_tokens`. */
  readonly body: Uint8Array
  /** Null where no hard budget holds. */
  readonly reservation: Reservation | null
}

export interface Reservation {
  readonly id: string
  readonly grantedNanoUsd: NanoUsd
  /** Names of the budgets that it is held in. */
  readonly budgets: readonly string[]
  /** To remember how many tokens it had; null where that says nothing. */
  readonly prompt: PromptItems | null
  /** What the answer was cut down to, and by which budget; null where there was room for all, or is when others are done. */
  readonly clamp: { readonly maxTokens: number; readonly budget: BudgetState } | null
}

/** `refused`: by a budget or for want of a bound. `invalid`: the service would refuse it, for nothing. */
export type GateAnswer =
  | { readonly status: 'admitted'; readonly admission: Admission }
  | { readonly status: 'refused'; readonly error: PerdureError }
  | { readonly status: 'invalid'; readonly answer: UpstreamResponse }

export interface GateRequest {
  readonly account: RunAccount
  readonly request: UpstreamRequest
  /** The hard budgets that hold. */
  readonly budgets: readonly BudgetState[]
}

export interface BudgetGateOptions {
  /** Counts prompts, where that helps. */
  readonly upstream: ModelUpstream
  readonly line: ReservationLine
  readonly known: KnownPrompts
}

/** An answer of fewer tokens than this is worth asking the service for its count of the prompt. */
const shortAnswer = 4_096

/**
 * Where others hold a part of the budget, a call is content with room for so many tokens, or so few where that does not
 * fit: agents ask for far more than nearly all of their answers need, and would stand in each other's way.
 */
const sharedAnswer = { long: 16_384, short: 8_192 } as const

/** After waiting so long for that, a call takes whatever is left, if it makes sense. */
const patienceMs = 60_000

/** Lets calls of one run through as far as its hard budgets allow: each is reserved at its worst case first. */
export class BudgetGate {
  readonly #options: BudgetGateOptions

  constructor(options: BudgetGateOptions) {
    this.#options = options
  }

  /** @throws the signal's reason when the agent hangs up while it waits; what the ledger throws. */
  async admit({ account, request, budgets }: GateRequest): Promise<GateAnswer> {
    const body = asRecord(parsedBody(request.body))
    const scan = scanRequest(request.body)
    const invalid = whyInvalid(body, scan)
    if (invalid !== null) return { status: 'invalid', answer: apiErrorResponse({ status: 400, message: invalid }) }
    const model = readString(body['model']) ?? ''
    const billedModel = this.#options.upstream.billedAs?.(model) ?? model
    const price = findPrice(account.prices.billed, billedModel, { at: new Date() })
    if (price === undefined) return { status: 'refused', error: modelUnpriced(billedModel) }
    const bound = boundRequest({ body, headers: request.headers, known: this.#options.known })
    if (bound.unbounded !== null) return { status: 'refused', error: budgetUnbounded(bound.unbounded) }
    return new CallAtGate(this.#options, { account, request, budgets, price, body, scan, bound }).admit()
  }
}

/** In the API's own words where it has some. */
function whyInvalid(body: Readonly<Record<string, unknown>>, { repeatsName }: RequestScan): string | null {
  if (Object.keys(body).length === 0) return 'The request body is not valid JSON.'
  if (repeatsName) return 'The request body has an object in which a name stands twice.'
  const maxTokens = body['max_tokens']
  if (maxTokens === undefined) return 'max_tokens: Field required'
  return Number.isSafeInteger(maxTokens) && Number(maxTokens) > 0
    ? null
    : 'max_tokens: Input should be a positive integer'
}

interface CallFacts extends GateRequest {
  readonly price: ModelPrice
  readonly body: Readonly<Record<string, unknown>>
  readonly scan: RequestScan
  readonly bound: RequestBound
}

class CallAtGate {
  readonly #options: BudgetGateOptions
  readonly #facts: CallFacts
  readonly #reservationId = `resv_${newIdBody()}`
  #bounds: CallBounds
  #isCounted: boolean
  /** What it asked for, less than it wants, because others hold the rest. */
  #shareNanoUsd: NanoUsd | null = null

  constructor(options: BudgetGateOptions, facts: CallFacts) {
    this.#options = options
    this.#facts = facts
    this.#bounds = facts.bound.bounds
    // What tools of the service read is not in its count.
    this.#isCounted = facts.bound.prompt === null
  }

  async admit(): Promise<GateAnswer> {
    for (;;) {
      const answer = await this.#reserve()
      if (answer.status === 'unlimited') {
        return { status: 'admitted', admission: { body: this.#facts.request.body, reservation: null } }
      }
      if (answer.status === 'reserved') return this.#admitted(answer.grantedNanoUsd)
      const { budget } = answer
      if (budget.isClosed || !(await this.#countsLess())) {
        return { status: 'refused', error: budgetReached(budget, { neededNanoUsd: this.#minimum() }) }
      }
    }
  }

  #reserve(): Promise<SettledReserve> {
    const { account, request, budgets } = this.#facts
    const nameOf = (key: BudgetKey): string => budgetName(account, key)
    return this.#options.line.reserve({
      budgets: budgets.map(nameOf),
      nameOf,
      signal: request.signal,
      ...(request.notify === undefined ? {} : { notify: request.notify }),
      ask: (queued) => {
        const whole = this.#cost(this.#bounds.outputTokens)
        const wantedNanoUsd = queued === null ? whole : this.#share(queued)
        this.#shareNanoUsd = wantedNanoUsd < whole ? wantedNanoUsd : null
        return this.#ask(wantedNanoUsd)
      },
    })
  }

  async #ask(wantedNanoUsd: NanoUsd): Promise<ReserveAnswer> {
    const { ledger, callAccount, owner } = this.#facts.account
    try {
      return await ledger.reserve({
        reservationId: this.#reservationId,
        account: callAccount,
        wantedNanoUsd,
        minimumNanoUsd: this.#minimum(),
        owner,
        ttlMs: reservationTtlMs,
      })
    } catch (error) {
      // It may stand in the ledger all the same, and would be presumed in time.
      ledger.release(this.#reservationId).catch(() => {})
      throw error
    }
  }

  /**
   * What to ask for of a budget that others hold a part of, or wait for. Never all of it, also when they just gave
   * it back: whoever takes all makes everybody else wait for one call.
   */
  #share({ busy, waitedMs }: Queued): NanoUsd {
    const costOf = (tokens: number): NanoUsd => this.#cost(Math.min(tokens, this.#bounds.outputTokens))
    const long = costOf(sharedAnswer.long)
    const left = busy === null ? long : leftOf(busy)
    if (long <= left) return long
    const short = costOf(sharedAnswer.short)
    return waitedMs > patienceMs && this.#minimum() <= left && left < short ? left : short
  }

  async #admitted(grantedNanoUsd: NanoUsd): Promise<GateAnswer> {
    const { account, request, budgets, body, scan, bound } = this.#facts
    const asked = this.#bounds.outputTokens
    let maxTokens = this.#affordable(grantedNanoUsd)
    if (maxTokens < Math.min(asked, shortAnswer) && (await this.#countsLess())) {
      maxTokens = this.#affordable(grantedNanoUsd)
    }
    const isClamped = maxTokens < asked
    const reservation: Reservation = {
      id: this.#reservationId,
      grantedNanoUsd,
      budgets: budgets.map((budget) => budgetName(account, budget)),
      prompt: bound.prompt,
      clamp: isClamped && grantedNanoUsd !== this.#shareNanoUsd ? { maxTokens, budget: tightest(budgets) } : null,
    }
    const admittedBody = isClamped ? clampRequest(request.body, { body, scan, maxTokens }) : request.body
    return { status: 'admitted', admission: { body: admittedBody, reservation } }
  }

  #minimum(): NanoUsd {
    return this.#cost(fewestOutputTokens(this.#facts.body))
  }

  #cost(outputTokens: number): NanoUsd {
    return worstCaseCost({ ...this.#bounds, outputTokens }, this.#facts.price)
  }

  #affordable(grantedNanoUsd: NanoUsd): number {
    const { price } = this.#facts
    return outputTokensAffordable(grantedNanoUsd, { bounds: this.#bounds, price })
  }

  /** Asks the service, once, for its count of the prompt, and whether that is less than what bounded it so far. */
  async #countsLess(): Promise<boolean> {
    if (this.#isCounted) return false
    this.#isCounted = true
    const { body, request } = this.#facts
    const tokens = await countPrompt(this.#options.upstream, { body, request })
    if (tokens === null || tokens >= this.#bounds.promptTokens) return false
    this.#bounds = { ...this.#bounds, promptTokens: tokens }
    return true
  }
}

/** The same name for all whose calls count in a budget, whichever run they belong to. */
function budgetName({ organizationId, workspaceId }: RunAccount, { scope, id, window }: BudgetKey): string {
  return JSON.stringify([organizationId, scope === 'organization' ? null : workspaceId, scope, id, window])
}

const tightest = (budgets: readonly BudgetState[]): BudgetState =>
  budgets.reduce((least, budget) =>
    leftOf({ ...budget, reservedNanoUsd: 0n }) < leftOf({ ...least, reservedNanoUsd: 0n }) ? budget : least,
  )
