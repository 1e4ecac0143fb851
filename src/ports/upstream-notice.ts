import type { ErrorRecord } from '../errors/perdure-error.ts'

/** `retrying`: an attempt failed and another follows. `waiting`: held back for a limit, not failed. */
export type UpstreamNotice =
  | { readonly type: 'retrying'; readonly attempt: number; readonly delayMs: number; readonly error: ErrorRecord }
  | {
      readonly type: 'waiting'
      readonly reason: 'rate_limit' | 'concurrency' | 'budget'
      readonly delayMs: number | null
    }
