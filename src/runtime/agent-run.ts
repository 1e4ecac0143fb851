import type { EventId, RunId, SessionId } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/outcome.ts'
import { isPreview, type LoggedEvent, type SessionStreamEvent } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { InputPriority } from '../ports/inbox.ts'
import { LiveQueue } from './live-queue.ts'
import type { RunInput } from './run-request.ts'
import { warnOf } from './warn-of.ts'

/** What a handle needs of the run behind it. */
export interface RunControl {
  run(): Promise<RunOutcome>
  listen(listener: (event: SessionStreamEvent) => void): () => void
  send(input: RunInput): Promise<EventId>
  interrupt(): Promise<void>
  decide(toolUseEventId: string, denyMessage: string | null): Promise<void>
  abort(cause: PerdureError): void
}

export interface AgentRunOptions {
  readonly sessionId: SessionId
  readonly runId: RunId
  /** Called on the next turn of the event loop; what it throws, the run rejects with. */
  readonly start: (run: AgentRun) => Promise<RunControl>
  readonly parseInput: (message: unknown, priority: InputPriority) => RunInput
}

/**
 * One run of an agent, three things at once. Await it for the outcome; iterate over it for the
 * events as they happen; call it to steer. It starts on the next turn of the event loop, so that
 * whoever is handed it can still add listeners.
 */
export class AgentRun implements PromiseLike<RunOutcome>, AsyncIterable<SessionStreamEvent> {
  readonly sessionId: SessionId
  readonly runId: RunId
  readonly #active: Promise<RunControl>
  readonly #outcome: Promise<RunOutcome>
  readonly #parseInput: AgentRunOptions['parseInput']
  readonly #listeners = new Set<(event: SessionStreamEvent) => void>()
  #readers = 0

  constructor({ sessionId, runId, start, parseInput }: AgentRunOptions) {
    this.sessionId = sessionId
    this.runId = runId
    this.#parseInput = parseInput
    this.#active = new Promise<void>((resolve) => setImmediate(resolve)).then(() => start(this))
    this.#outcome = this.#active.then((active) => {
      active.listen((event) => this.#show(event))
      return active.run()
    })
  }

  // oxlint-disable-next-line unicorn/no-thenable -- awaiting the run is its plainest use
  then<Fulfilled = RunOutcome, Rejected = never>(
    onFulfilled?: ((outcome: RunOutcome) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#outcome.then(onFulfilled, onRejected)
  }

  catch<Rejected>(onRejected: (reason: unknown) => Rejected | PromiseLike<Rejected>): Promise<RunOutcome | Rejected> {
    return this.#outcome.catch(onRejected)
  }

  finally(onFinally: () => void): Promise<RunOutcome> {
    return this.#outcome.finally(onFinally)
  }

  /** Whether anybody iterates over the events now. A listener may only watch, and does not count. */
  get isFollowed(): boolean {
    return this.#readers > 0
  }

  /** Hears every event from now on. Returns the way to stop. */
  onEvent(listener: (event: SessionStreamEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Events of this run from now on: logged ones in order and whole, previews between them. Ends with
   * the run; throws what the run could not begin for. A slow reader loses previews before anything else.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<SessionStreamEvent, void> {
    const queue = new LiveQueue<SessionStreamEvent>({ isDroppable: isPreview })
    const stop = this.onEvent((event) => queue.push(event))
    this.#readers += 1
    this.#outcome.then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    )
    try {
      yield* queue
    } finally {
      this.#readers -= 1
      stop()
    }
  }

  /** The logged events only. */
  async *events(): AsyncGenerator<LoggedEvent, void> {
    for await (const event of this) if (!isPreview(event)) yield event
  }

  /**
   * Says something to the running agent: text, or content blocks. Resolves to the id of the message
   * once it is durable. `next` (the default) reaches the agent at its next step, `later` is a turn of
   * its own, `now` ends the running turn.
   * @throws {PerdureError} `invalid_request` when the message is malformed or the run is over.
   */
  async send(message: unknown, options: { priority?: InputPriority } = {}): Promise<EventId> {
    const input = this.#parseInput(message, options.priority ?? 'next')
    return (await this.#active).send(input)
  }

  /** Ends the running turn. The session stays as it is; messages that wait are taken up next. */
  async interrupt(): Promise<void> {
    await (await this.#active).interrupt()
  }

  /** Allows a tool call that waits for a person. @param id Id of its event, from `stop_reason.event_ids`. */
  async approve(id: string): Promise<void> {
    await (await this.#active).decide(id, null)
  }

  /** Refuses a tool call that waits for a person; the agent is told the reason. */
  async deny(id: string, reason = 'Denied.'): Promise<void> {
    await (await this.#active).decide(id, reason)
  }

  /** Ends the run; the outcome is `cancelled`, or failed with the error that was given. The session can be resumed. */
  async abort(reason: string | PerdureError = 'The run was aborted.'): Promise<void> {
    const active = await this.#active.catch(() => null)
    active?.abort(PerdureError.is(reason) ? reason : new PerdureError('cancelled', reason))
    await this.#outcome.catch(() => {})
  }

  #show(event: SessionStreamEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // Who only watches must break neither the turn nor the process.
        warnOf('A listener of a run threw', error)
      }
    }
  }
}
