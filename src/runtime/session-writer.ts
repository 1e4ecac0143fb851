import type { Command } from '../domain/command.ts'
import type { EventId, SessionId } from '../domain/ids.ts'
import type { EventDraft, PreviewEvent, SessionStreamEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { step } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { EventLog } from '../ports/event-log.ts'

/**
 * The one pen of a run. What is pushed is made durable in order, then folded into the state, then
 * shown to listeners, and only then acted upon; previews keep their place between the events.
 */
export interface SessionWriter {
  readonly state: SessionState
  push(event: EventDraft, options?: { takenFromInbox?: readonly EventId[] }): void
  preview(event: PreviewEvent): void
  /** Resolves when everything pushed so far is durable, and its commands are performed; rejects when it could not be written. */
  flushed(): Promise<void>
  /** Hears everything from now on. Returns the way to stop. */
  listen(listener: (event: SessionStreamEvent) => void): () => void
}

export interface SessionWriterOptions {
  readonly events: EventLog
  readonly sessionId: SessionId
  readonly fence: number
  readonly state: SessionState
  readonly perform: (command: Command) => void
  /** Called once, when the log refused; nothing is written any more after that. */
  readonly onFailure: (error: PerdureError) => void
}

type Waiting =
  | { readonly event: EventDraft; readonly takenFromInbox: readonly EventId[] }
  | { readonly preview: PreviewEvent }

const longestBatch = 256

export function createSessionWriter(options: SessionWriterOptions): SessionWriter {
  const listeners = new Set<(event: SessionStreamEvent) => void>()
  let waiting: Waiting[] = []
  let state = options.state
  let failure: PerdureError | null = null
  let work: Promise<void> | null = null

  const show = (event: SessionStreamEvent): void => {
    for (const listener of listeners) listener(event)
  }

  const writeBatch = async (batch: readonly Extract<Waiting, { event: EventDraft }>[]): Promise<void> => {
    const logged = await options.events.append(
      options.sessionId,
      batch.map((item) => item.event),
      { fence: options.fence, takenFromInbox: batch.flatMap((item) => item.takenFromInbox) },
    )
    for (const event of logged) {
      // An event that the log already had comes back with its old number: it was folded then.
      if (event.sequence <= state.lastSequence) continue
      const next = step(state, event)
      state = next.state
      show(event)
      for (const command of next.commands) options.perform(command)
    }
  }

  const drain = async (): Promise<void> => {
    // What is pushed in one go is committed in one go.
    await Promise.resolve()
    while (waiting.length > 0 && failure === null) {
      const first = waiting[0]!
      if ('preview' in first) {
        waiting.shift()
        show(first.preview)
        continue
      }
      const end = waiting.findIndex((item, index) => 'preview' in item || index >= longestBatch)
      const batch = waiting.slice(0, end === -1 ? waiting.length : end)
      waiting = waiting.slice(batch.length)
      await writeBatch(batch.filter((item) => 'event' in item))
    }
  }

  const start = (): void => {
    work ??= drain()
      .catch((error: unknown) => {
        failure = PerdureError.from(error, 'storage_failed')
        waiting = []
        options.onFailure(failure)
      })
      .finally(() => {
        work = null
        if (waiting.length > 0 && failure === null) start()
      })
  }

  const add = (item: Waiting): void => {
    if (failure !== null) return
    waiting.push(item)
    start()
  }

  return {
    get state() {
      return state
    },
    push: (event, { takenFromInbox = [] } = {}) => add({ event, takenFromInbox }),
    preview: (event) => add({ preview: event }),
    async flushed() {
      while (work !== null) await work
      if (failure !== null) throw failure
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
