import type { ErrorCode } from '../errors/codes.ts'

/** How often and how patiently one kind of operation is tried again. */
export interface RetryPolicy {
  /** The first attempt included: 1 never tries again. */
  readonly maxAttempts: number
  readonly initialDelayMs: number
  /** Each further delay is this many times the one before. */
  readonly backoffMultiplier: number
  readonly maxDelayMs: number
  /** How much of each delay is left to chance: 0 nothing, 1 all of it. */
  readonly jitter: number
  readonly retryableErrors: ReadonlySet<ErrorCode>
}

/** Which policy applies to what. */
export interface RetryPolicies {
  /** One request of an agent to its model, as long as nothing of its answer has reached the agent. */
  readonly modelRequest: RetryPolicy
  /** The start of an agent's process, as long as it never came up. */
  readonly agentStart: RetryPolicy
}

const patience = { initialDelayMs: 1_000, backoffMultiplier: 2, maxDelayMs: 60_000, jitter: 0.5 }

export const defaultRetryPolicies: RetryPolicies = {
  modelRequest: {
    ...patience,
    maxAttempts: 4,
    retryableErrors: new Set<ErrorCode>([
      'rate_limited',
      'overloaded',
      'server_error',
      'connection_failed',
      'stream_stalled',
    ]),
  },
  agentStart: {
    ...patience,
    maxAttempts: 2,
    retryableErrors: new Set<ErrorCode>(['agent_start_failed']),
  },
}

/**
 * The delay after a failed attempt. A service that names a delay of its own gets at least that.
 * @param attempt The attempt that failed, counted from 1.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  { random = Math.random(), atLeastMs = 0 }: { readonly random?: number; readonly atLeastMs?: number } = {},
): number {
  const { initialDelayMs, backoffMultiplier, maxDelayMs, jitter } = policy
  const whole = Math.min(maxDelayMs, initialDelayMs * backoffMultiplier ** (attempt - 1))
  return Math.max(atLeastMs, whole * (1 - jitter * random))
}
