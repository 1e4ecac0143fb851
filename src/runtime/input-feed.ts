import type { EventId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { Clock } from '../ports/clock.ts'
import type { OpenRun } from './open-run.ts'
import type { RunInput } from './run-request.ts'

export interface InputFeedOptions {
  readonly open: Pick<OpenRun, 'inputs' | 'writer' | 'agent'>
  readonly clock: Clock
  /** The turn under way: a message begins one, or is folded into it. */
  readonly turn: { readonly isActive: boolean; begin(): void }
  readonly onFailure: (error: PerdureError) => void
}

/**
 * Gives the agent what the user says, in order and never before it is durable, and closes its input
 * once all of it is said and answered.
 */
export class InputFeed {
  readonly #options: InputFeedOptions
  #sourceEnded = false
  #stopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(options: InputFeedOptions) {
    this.#options = options
  }

  /** Takes messages from the caller's stream until it ends, or the run does. */
  async takeFrom(source: AsyncIterable<RunInput> | null): Promise<void> {
    try {
      this.pump()
      for await (const input of source ?? []) {
        if (this.#stopped) return
        await this.send(input)
      }
      this.#sourceEnded = true
      this.pump()
    } catch (error) {
      this.#options.onFailure(PerdureError.from(error, 'invalid_request'))
    }
  }

  /** @throws {PerdureError} `invalid_request` when the run takes no more. */
  async send(input: RunInput): Promise<EventId> {
    const id = await this.#options.open.inputs.add(input)
    this.pump()
    return id
  }

  /** The agent took a message in: it is logged now, if it was not before. */
  takenIn(uuid: string): void {
    const { open, clock } = this.#options
    const message = open.inputs.takenIn(uuid)
    if (message === undefined || message.isLogged) return
    const event = { ...message.event, processed_at: clock.now().toISOString() }
    open.writer.push(event, { takenFromInbox: [message.event.id as EventId] })
  }

  /** Gives the agent what waits; with nothing left to come, closes its input. */
  pump(): void {
    this.#work = this.#work
      .then(() => this.#pumpNow())
      .catch((error: unknown) => this.#options.onFailure(PerdureError.from(error)))
  }

  /** Gives the agent nothing any more. */
  stop(): void {
    this.#stopped = true
    this.#options.open.inputs.close()
  }

  async #pumpNow(): Promise<void> {
    const { open, turn } = this.#options
    for (;;) {
      const message = this.#stopped ? undefined : open.inputs.next()
      if (message === undefined) break
      open.inputs.handedOver(message)
      if (!turn.isActive) {
        this.takenIn(message.agentInput.uuid)
        turn.begin()
      }
      // What the agent is told stands in the log or the inbox before it hears it.
      await open.writer.flushed()
      open.agent.send(message.agentInput)
    }
    if (this.#stopped || turn.isActive || !this.#sourceEnded || open.inputs.hasMore()) return
    open.inputs.close()
    open.agent.endInput()
  }
}
