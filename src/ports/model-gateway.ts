import type { RunId } from '../domain/ids.ts'
import type { ErrorRecord } from '../errors/perdure-error.ts'
import type { ModelObservation } from './model-observation.ts'

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
}

export interface GatewayRun {
  /** What the agent gets as ANTHROPIC_BASE_URL. */
  readonly baseUrl: string
  /** What the agent gets as ANTHROPIC_AUTH_TOKEN: good for this run only, until it is closed. */
  readonly token: string
  /** Name of the upstream that answers, for display: `anthropic`, `script`. */
  readonly upstream: string
  /** Refuses further requests and cuts those under way. */
  close(): Promise<void>
}

/** Who answers the requests of a run: the real service, or a script that plays the model. */
export interface ModelUpstream {
  readonly name: string
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
  /** Hears why an answer takes its time. Must not throw and must not block. */
  readonly notify?: (notice: UpstreamNotice) => void
}

export interface RequestOrigin {
  readonly runId: RunId
  readonly organizationId: string
  readonly workspaceId: string
}

/** `retrying`: an attempt failed and another follows. `waiting`: held back for a limit, not failed. */
export type UpstreamNotice =
  | { readonly type: 'retrying'; readonly attempt: number; readonly delayMs: number; readonly error: ErrorRecord }
  | {
      readonly type: 'waiting'
      readonly reason: 'rate_limit' | 'concurrency' | 'budget'
      readonly delayMs: number | null
    }

export interface UpstreamResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Chunks as they arrive. An error thrown by the iterator cuts the agent's connection. */
  readonly body: AsyncIterable<Uint8Array>
}
