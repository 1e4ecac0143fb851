import type { EventDraft } from '../domain/session-event.ts'

/** What a run knows of the turn under way, ahead of the log. */
export class Turn {
  /** The agent has something to do, or is about to. */
  isActive = false
  /** The log says, or will say, what went wrong for good. */
  isErrorShown = false
  modelRequests = 0
  readonly #onBegin: () => void
  readonly #settled = new EventTarget()

  constructor(onBegin: () => void) {
    this.#onBegin = onBegin
  }

  begin(): void {
    this.isActive = true
    this.isErrorShown = false
    this.modelRequests = 0
    this.#onBegin()
  }

  note(event: EventDraft): void {
    if (event.type === 'span.model_request_start') this.modelRequests += 1
    if (event.type === 'session.error' && 'retry_status' in event.error) {
      this.isErrorShown = event.error.retry_status.type !== 'retrying'
    }
  }

  settle(): void {
    this.isActive = false
    this.#settled.dispatchEvent(new Event('settled'))
  }

  /** Resolves when the turn has settled, or after this time. */
  async settledWithin(timeoutMs: number): Promise<void> {
    if (!this.isActive) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    this.#settled.addEventListener('settled', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
  }
}
