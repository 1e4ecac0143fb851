import type { CacheStrategy } from '../domain/cache-strategy.ts'
import type { RunId } from '../domain/ids.ts'
import type { PriceTable } from '../domain/prices/price-table.ts'
import type { PerdureError } from '../errors/perdure-error.ts'
import type { LeaseOwner } from './lease.ts'
import type { CallAccount, Ledger, LedgerCall, SettledCall } from './ledger.ts'
import type { ModelObservation } from './model-observation.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { UpstreamNotice } from './upstream-notice.ts'

/**
 * The one way from an agent to a model. It holds the credentials, so an agent gets a path and a
 * token that are good for its run alone; and it sees what the Agent SDK hides, and reports it.
 */
export interface ModelGateway {
  /**
   * Opens a path for one run.
   * @throws {PerdureError} `credentials_missing` when the upstream needs a key and there is none.
   */
  openRun(request: GatewayRunRequest): Promise<GatewayRun>
  close(): Promise<void>
}

export interface GatewayRunRequest {
  readonly runId: RunId
  /** Who answers; the gateway's own default when left out. */
  readonly upstream?: ModelUpstream
  /**
   * Called for everything that happens on the wire, in order, before the bytes travel on to the agent.
   * Must not throw and must not block.
   */
  readonly observe: (observation: ModelObservation) => void
  /**
   * Who pays. Asked at each model request, since an agent may be up before its run is known; what it throws
   * refuses the request. Without it nothing is metered and no budget holds.
   */
  readonly account?: () => RunAccount
  /** How long the run's token is good for, in milliseconds; then requests get 403. Default: a week. */
  readonly tokenTtlMs?: number
  /** Which requests are made again when they fail. Left out, none is. */
  readonly retry?: GatewayRetry
  /** How the prompt cache is used. Left out, as the agent asks for it. Keeping it warm needs an account. */
  readonly cache?: CacheStrategy
}

export interface GatewayRetry {
  readonly policy: RetryPolicy
  /** The agent has another model to turn to: a rate limit that lasts is said to be an overload, from which it turns away. */
  readonly hasFallbackModel: boolean
}

/**
 * Where the model calls of a run are entered, and by which budgets they are bounded. The callbacks must not
 * throw and must not block.
 */
export interface RunAccount {
  readonly ledger: Ledger
  readonly callAccount: CallAccount
  readonly organizationId: string
  readonly workspaceId: string
  /** Labels of the session, entered with each call. */
  readonly tags: readonly string[]
  /** Who makes the calls: by it a ledger knows that a reservation's owner lives no more. */
  readonly owner: LeaseOwner
  readonly prices: RunPrices
  /**
   * A call ended, and this is what will be entered for it. Heard before the agent has the last bytes of the answer,
   * so that whoever counts knows the cost before the agent says that its turn is over.
   */
  readonly onEnded: (call: LedgerCall, made: { readonly byAgent: boolean }) => void
  /** A call is entered and durable: what it cost, and how its budgets stand now. */
  readonly onSettled: (call: LedgerCall, settled: SettledCall) => void
  /**
   * A call was not made: `budget_reached`, `model_unpriced`, `budget_unbounded` or an error of the ledger. With
   * `budget_reached` every further call of the run is refused; it is said once, and also when an answer was
   * cut because the budget left no room for more.
   */
  readonly onRefused: (error: PerdureError) => void
  /** A call could not be entered. It is said once; where a hard budget holds, further calls are refused. */
  readonly onLedgerFailure: (error: PerdureError) => void
}

export interface RunPrices {
  /** What this account pays: budgets count in it. */
  readonly billed: PriceTable
  /** The public list. */
  readonly list: PriceTable
}

export interface GatewayRun {
  /** What the agent gets as ANTHROPIC_BASE_URL. */
  readonly baseUrl: string
  /** What the agent gets as ANTHROPIC_UNIX_SOCKET, where the gateway listens at a socket instead of a port. */
  readonly socketPath?: string
  /** What the agent gets as ANTHROPIC_AUTH_TOKEN: good for this run only, until it is closed. */
  readonly token: string
  /** Name of the upstream that answers, for display: `anthropic`, `script`. */
  readonly upstream: string
  /** What the agent may ask of it. */
  readonly betas?: ModelUpstream['betas']
  /** Refuses further requests, cuts those under way, and waits until what they cost is entered. */
  close(): Promise<void>
}

/** Who answers the requests of a run: the real service, or a script that plays the model. */
export interface ModelUpstream {
  readonly name: string
  /** `stable`: it knows the API's settled features alone, and agents are told to keep to them. Default: `all`. */
  readonly betas?: 'all' | 'stable'
  /** The id under which the service bills a model, where that is another one than agents ask for. */
  readonly billedAs?: (model: string) => string
  /** Answers one request. The body is the agent's, unchanged; credentials are the upstream's own. */
  handle(request: UpstreamRequest): Promise<UpstreamResponse>
  close?(): Promise<void>
}

export interface UpstreamRequest {
  readonly method: string
  /** Path with query, from `/v1/` on, without the run's prefix. */
  readonly path: string
  /** Lower-case header names. The agent's credentials are already taken out. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Aborted when the agent hangs up. */
  readonly signal: AbortSignal
  /** Who asks: by it keys are chosen and turns are shared out. Without it, nobody in particular. */
  readonly origin?: RequestOrigin
  /**
   * What this request may cost is reserved for one sending: an upstream does not send it again by itself, unless
   * the first provably did nothing.
   */
  readonly isPaidOnce?: boolean
  /** Not the agent's, but the gateway's own, to keep the prompt cache warm: refused by a budget, it is not missed. */
  readonly isKeepWarm?: boolean
  /** Hears why an answer takes its time. Must not throw and must not block. */
  readonly notify?: (notice: UpstreamNotice) => void
}

export interface RequestOrigin {
  readonly runId: RunId
  readonly organizationId: string
  readonly workspaceId: string
}

export interface UpstreamResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Chunks as they arrive. An error thrown by the iterator cuts the agent's connection. */
  readonly body: AsyncIterable<Uint8Array>
}
