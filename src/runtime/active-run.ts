import type { Command } from '../domain/command.ts'
import type { EventId } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/outcome.ts'
import type { SessionStreamEvent } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { InputFeed } from './input-feed.ts'
import { outcomeOf } from './outcome-of-run.ts'
import { createOwnEvents } from './own-events.ts'
import { closeRun, type ClosedRun } from './close-run.ts'
import { endEarly } from './end-early.ts'
import { openRun, type OpenRun } from './open-run.ts'
import { RunCosts } from './metering/run-costs.ts'
import { Questions } from './questions.ts'
import type { RunDependencies, RunInput, RunRequest } from './run-request.ts'
import { RunTurns } from './run-turns.ts'

/**
 * One activation of a session: takes the lease, starts the agent, turns what it and the gateway
 * report into the log, performs the commands that follow from the log, and leaves the session
 * consistent, however it ends.
 */
export class ActiveRun<Options> {
  readonly #dependencies: RunDependencies<Options>
  readonly #request: RunRequest<Options>
  readonly #own: ReturnType<typeof createOwnEvents>
  readonly #questions: Questions
  readonly #costs: RunCosts
  readonly #listeners = new Set<(event: SessionStreamEvent) => void>()
  readonly #turns: RunTurns
  readonly #opened = Promise.withResolvers<{ open: OpenRun; feed: InputFeed }>()
  #open: OpenRun | null = null
  #feed: InputFeed | null = null
  #isClosed = false
  /** Why the run is being ended before the agent is done; the first reason counts. */
  #cause: PerdureError | 'requires_action' | null = null
  #ending: Promise<void> | null = null

  constructor(dependencies: RunDependencies<Options>, request: RunRequest<Options>) {
    this.#dependencies = dependencies
    this.#request = request
    this.#own = createOwnEvents(dependencies.clock)
    this.#costs = new RunCosts({
      watch: request.watch,
      clock: dependencies.clock,
      own: this.#own,
      push: (event) => this.#open?.writer.push(event),
      onRefused: (error) => this.#turns.refused(error),
    })
    this.#questions = new Questions({
      request,
      own: this.#own,
      open: () => (this.#isClosed ? null : this.#open),
      onUnanswered: () => this.abort('requires_action'),
    })
    this.#turns = new RunTurns({
      request,
      own: this.#own,
      costs: this.#costs,
      questions: this.#questions,
      open: () => this.#open,
      feed: () => this.#feed,
      abort: (cause) => this.abort(cause),
    })
    // Whoever calls the run while it opens gets the rejection; nobody need.
    this.#opened.promise.catch(() => {})
  }

  listen(listener: (event: SessionStreamEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs to the end.
   * @throws {PerdureError} when the run could not begin: nothing was started and nothing was said to the agent.
   */
  async run(): Promise<RunOutcome> {
    const { clock } = this.#dependencies
    const startedMs = clock.monotonicMs()
    const open = await this.#openRun()
    let failure: PerdureError | null = null
    try {
      // Aborted while it opened: there is nothing to follow.
      if (this.#cause === null) await this.#converse(open)
    } catch (error) {
      failure = PerdureError.from(error)
    }
    const closed = await this.#close(open, failure)
    return outcomeOf({
      request: this.#request,
      before: open.stateBefore,
      after: open.writer.state,
      ...closed,
      durationMs: clock.monotonicMs() - startedMs,
    })
  }

  async #openRun(): Promise<OpenRun> {
    try {
      this.#open = await openRun(this.#dependencies, this.#request, {
        own: this.#own,
        costs: this.#costs,
        onCommand: (command) => this.#perform(command),
        onEvent: (event) => this.#show(event),
        onJoined: (output) => this.#turns.joined(output),
        onPermission: (question) => this.#questions.ask(question),
        onFailure: (error) => this.abort(error),
      })
      this.#feed = new InputFeed({
        open: this.#open,
        clock: this.#dependencies.clock,
        turn: this.#turns.turn,
        onFailure: (error) => this.abort(error),
      })
      this.#opened.resolve({ open: this.#open, feed: this.#feed })
      return this.#open
    } catch (error) {
      this.#opened.reject(error)
      throw error
    }
  }

  /** Says something more; resolves to the id of its event once it is durable. */
  async send(input: RunInput): Promise<EventId> {
    const { feed } = await this.#opened.promise
    return feed.send(input)
  }

  /** Ends the running turn; the run goes on with what still waits. */
  async interrupt(): Promise<void> {
    const { writer } = (await this.#opened.promise).open
    if (this.#ending !== null || this.#isClosed) return
    writer.push(this.#own.interrupt())
    await writer.flushed()
  }

  /** Decides about a held tool call. @throws {PerdureError} when no call with this event id waits. */
  async decide(toolUseEventId: string, denyMessage: string | null): Promise<void> {
    await this.#opened.promise
    await this.#questions.decide(toolUseEventId, denyMessage)
  }

  /** Ends the run; it settles first, where that takes no more than two seconds. */
  abort(cause: PerdureError | 'requires_action'): void {
    if (this.#isClosed) return
    this.#cause ??= cause
    if (this.#open !== null) this.#ending ??= this.#end(this.#open)
  }

  #end(open: OpenRun): Promise<void> {
    this.#feed?.stop()
    return endEarly(open, { cause: this.#cause, turn: this.#turns.turn, own: this.#own })
  }

  /** Tells the agent what there is to say, and follows it to its end. */
  async #converse(open: OpenRun): Promise<void> {
    if (this.#request.decision !== null) {
      this.#turns.turn.isActive = true
      // The call that waits happens as soon as it is answered.
      await open.checkpoints?.begun
      this.#questions.answerEarlier(open, this.#request.decision)
    }
    void this.#feed?.takeFrom(this.#request.inputs)
    for await (const report of open.agent.reports) {
      open.watchdog.seen()
      open.joiner.report(report)
    }
  }

  async #close(open: OpenRun, failure: PerdureError | null): Promise<ClosedRun> {
    this.#isClosed = true
    this.#questions.stop()
    this.#feed?.stop()
    // Also where it was aborted while it opened.
    if (this.#cause !== null) open.checkpoints?.hurry()
    await this.#ending
    await this.#turns.settled()
    const closing = {
      cause: this.#cause ?? failure,
      own: this.#own,
      costs: this.#costs,
      errorShown: this.#turns.turn.isErrorShown,
    }
    const closed = await closeRun(this.#dependencies, this.#request, { open, closing })
    this.#questions.close()
    return closed
  }

  #show(event: SessionStreamEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** Does what follows from the log. */
  #perform(command: Command): void {
    const open = this.#open
    if (open === null) return
    switch (command.type) {
      case 'interrupt_agent':
        open.agent.interrupt().catch((error: unknown) => this.abort(PerdureError.from(error, 'agent_exited')))
        return
      case 'answer_permission':
        return this.#questions.answer(command)
      case 'ask_again':
      case 'go_on':
        return this.#questions.goOn(open)
      case 'settle_turn':
        return this.#turns.settle(open, command.stopReason)
      case 'take_next_input':
        return this.#turns.over(open)
      default:
        return command satisfies never
    }
  }
}
