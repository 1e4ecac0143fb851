import type { CommitWatch } from '../events/event-feed.ts'

/** Lets followers look for news again and again: a bucket tells nobody what others have written to it. */
export const pollEvery =
  (intervalMs: number): CommitWatch =>
  (committed) => {
    const timer = setInterval(() => committed(), intervalMs)
    return () => clearInterval(timer)
  }
