import type { UpstreamRequest } from '../../ports/model-gateway.ts'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'

type WaitingNotice = Extract<UpstreamNotice, { type: 'waiting' }>
type Waiter = Pick<UpstreamRequest, 'signal' | 'notify'>

/** Often enough for whoever takes silence for death, however short his patience. */
const noticeEveryMs = 1_000

/** Says that a request waits, now and every second. Returns the way to stop. */
export function announceWaiting({ notify }: Waiter, notice: () => Omit<WaitingNotice, 'type'>): () => void {
  if (notify === undefined) return () => {}
  const say = (): void => notify({ type: 'waiting', ...notice() })
  say()
  const timer = setInterval(say, noticeEveryMs)
  return () => clearInterval(timer)
}

/** Waits that long. @throws the signal's reason once it is aborted. */
export async function waitAnnounced(delayMs: number, waiter: Waiter): Promise<void> {
  const { signal } = waiter
  signal.throwIfAborted()
  if (delayMs <= 0) return
  const endMs = performance.now() + delayMs
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, delayMs)
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const stop = announceWaiting(waiter, () => ({
    reason: 'rate_limit',
    delayMs: Math.max(0, Math.round(endMs - performance.now())),
  }))
  try {
    await promise
  } finally {
    stop()
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
