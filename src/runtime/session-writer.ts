import type { Command } from '../domain/command.ts'
import type { EventId, SessionId } from '../domain/ids.ts'
import { redactJson } from '../domain/redaction.ts'
import type { EventDraft, PreviewEvent, SessionStreamEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { step } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { EventLog } from '../ports/event-log.ts'
import { RedactedPreviews } from './redacted-previews.ts'

export interface SessionWriterOptions {
  readonly events: Pick<EventLog, 'append'>
  readonly sessionId: SessionId
  readonly fence: number
  readonly state: SessionState
  /** Hears every event once it is durable, and every preview in its place. */
  readonly onEvent: (event: SessionStreamEvent) => void
  readonly perform: (command: Command) => void
  /** Called once, when the log refused; nothing is written any more after that. */
  readonly onFailure: (error: PerdureError) => void
}

interface WaitingEvent {
  readonly event: EventDraft
  readonly takenFromInbox: readonly EventId[]
}

type Waiting = WaitingEvent | { readonly preview: PreviewEvent }

const longestBatch = 256

/**
 * The one pen of a run. What is pushed is made durable in order, then folded into the state, then
 * shown, and only then acted upon; previews keep their place between the events.
 */
export class SessionWriter {
  readonly #options: SessionWriterOptions
  readonly #previews = new RedactedPreviews()
  #waiting: Waiting[] = []
  #state: SessionState
  #failure: PerdureError | null = null
  #work: Promise<void> | null = null

  constructor(options: SessionWriterOptions) {
    this.#options = options
    this.#state = options.state
  }

  /** What follows from all that is durable. */
  get state(): SessionState {
    return this.#state
  }

  /** What it holds of secrets is replaced: the log may be read by more people than the conversation. */
  push(event: EventDraft, { takenFromInbox = [] }: { takenFromInbox?: readonly EventId[] } = {}): void {
    const rest = 'id' in event ? this.#previews.rest(event.id) : null
    if (rest !== null) this.#add({ preview: rest })
    this.#add({ event: redactJson(event), takenFromInbox })
  }

  preview(event: PreviewEvent): void {
    const shown = this.#previews.take(event)
    if (shown !== null) this.#add({ preview: shown })
  }

  /**
   * Resolves when everything pushed so far is durable, and what its commands pushed.
   * @throws {PerdureError} when it could not be written.
   */
  async flushed(): Promise<void> {
    while (this.#work !== null) await this.#work
    if (this.#failure !== null) throw this.#failure
  }

  #add(item: Waiting): void {
    if (this.#failure !== null) return
    this.#waiting.push(item)
    this.#work ??= this.#drain()
  }

  async #drain(): Promise<void> {
    // What is pushed in one go is committed in one go.
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) await this.#writeNext()
    } catch (error) {
      this.#failure = PerdureError.from(error, 'storage_failed')
      this.#waiting = []
      this.#options.onFailure(this.#failure)
    } finally {
      this.#work = null
    }
  }

  async #writeNext(): Promise<void> {
    const batch = this.#nextBatch()
    const [first] = batch
    if (first === undefined) return
    if ('preview' in first) return this.#options.onEvent(first.preview)
    await this.#write(batch.filter((item) => 'event' in item))
  }

  /** One preview, or the events before the next preview. */
  #nextBatch(): Waiting[] {
    const end = this.#waiting.findIndex((item, index) => 'preview' in item || index >= longestBatch)
    const length = end === -1 ? this.#waiting.length : Math.max(1, end)
    const batch = this.#waiting.slice(0, length)
    this.#waiting = this.#waiting.slice(length)
    return batch
  }

  async #write(batch: readonly WaitingEvent[]): Promise<void> {
    const { events, sessionId, fence, onEvent, perform } = this.#options
    const logged = await events.append(
      sessionId,
      batch.map((item) => item.event),
      { fence, takenFromInbox: batch.flatMap((item) => item.takenFromInbox) },
    )
    for (const event of logged) {
      // An event that the log already had comes back with its old number: it was folded then.
      if (event.sequence <= this.#state.lastSequence) continue
      const { state, commands } = step(this.#state, event)
      this.#state = state
      onEvent(event)
      for (const command of commands) perform(command)
    }
  }
}
