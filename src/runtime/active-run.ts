import type { Command } from '../domain/command.ts'
import type { EventId } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/outcome.ts'
import type { EventDraft, SessionStreamEvent } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { PermissionAnswer, PermissionQuestion } from '../ports/agent-driver.ts'
import { createApprovals } from './approvals.ts'
import type { JoinOutput } from './join/join-output.ts'
import { InputFeed } from './input-feed.ts'
import { outcomeOf, type RunCause } from './outcome-of-run.ts'
import { createOwnEvents } from './own-events.ts'
import { closeRun } from './close-run.ts'
import { openRun, type OpenRun } from './open-run.ts'
import { Patience } from './patience.ts'
import type { Decision, RunDependencies, RunInput, RunRequest } from './run-request.ts'
import { Turn } from './turn.ts'

/** How long an aborted turn may take to settle, so that its cost is known, before the agent is ended by force. */
const settleMs = 2_000
/** Calls of one answer are asked about one after the other; so long is waited for the others. */
const siblingQuestionsMs = 200

/**
 * One activation of a session: takes the lease, starts the agent, turns what it and the gateway
 * report into the log, performs the commands that follow from the log, and leaves the session
 * consistent, however it ends.
 */
export class ActiveRun<Options> {
  readonly #dependencies: RunDependencies<Options>
  readonly #request: RunRequest<Options>
  readonly #own: ReturnType<typeof createOwnEvents>
  readonly #approvals = createApprovals(() => this.#announce())
  readonly #listeners = new Set<(event: SessionStreamEvent) => void>()
  readonly #turn = new Turn(() => this.#turnBegan())
  readonly #patience = new Patience(() => void this.#open?.writer.flushed().then(() => this.abort('requires_action')))
  readonly #opened = Promise.withResolvers<{ open: OpenRun; feed: InputFeed }>()
  #open: OpenRun | null = null
  #feed: InputFeed | null = null
  /** What came after a result whose end of turn is not yet in the log; it waits, so that the order is true. */
  #held: JoinOutput[] | null = null
  #isClosed = false
  /** Why the run is being ended before the agent is done; the first reason counts. */
  #cause: PerdureError | 'requires_action' | null = null
  #ending: Promise<void> | null = null

  constructor(dependencies: RunDependencies<Options>, request: RunRequest<Options>) {
    this.#dependencies = dependencies
    this.#request = request
    this.#own = createOwnEvents(dependencies.clock)
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
    const cause = await this.#close(open, failure)
    return outcomeOf({
      request: this.#request,
      before: open.stateBefore,
      after: open.writer.state,
      cause,
      durationMs: clock.monotonicMs() - startedMs,
    })
  }

  async #openRun(): Promise<OpenRun> {
    try {
      this.#open = await openRun(this.#dependencies, this.#request, {
        own: this.#own,
        onCommand: (command) => this.#perform(command),
        onEvent: (event) => this.#show(event),
        onJoined: (output) => this.#joined(output),
        onPermission: (question) => this.#askPermission(question),
        onFailure: (error) => this.abort(error),
      })
      this.#feed = new InputFeed({
        open: this.#open,
        clock: this.#dependencies.clock,
        turn: this.#turn,
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
    const { writer } = (await this.#opened.promise).open
    if (this.#isClosed || !writer.state.awaitingApproval.includes(toolUseEventId)) {
      throw new PerdureError('invalid_request', `No tool call waits for a decision under the id ${toolUseEventId}.`, {
        hint: 'Use an id from the event_ids of the newest session.status_idle event.',
      })
    }
    writer.push(this.#own.confirmation(toolUseEventId, denyMessage))
    await writer.flushed()
  }

  /** Ends the run; it settles first, where that takes no more than two seconds. */
  abort(cause: PerdureError | 'requires_action'): void {
    this.#cause ??= cause
    if (this.#open !== null) this.#ending ??= this.#end(this.#open)
  }

  async #end(open: OpenRun): Promise<void> {
    this.#feed?.stop()
    const byForce =
      this.#cause === 'requires_action' || (PerdureError.is(this.#cause) && this.#cause.code === 'lease_lost')
    if (this.#turn.isActive && !byForce) {
      // Only a person's own abort is a word of the user; a deadline is not.
      if (PerdureError.is(this.#cause) && this.#cause.code === 'cancelled') open.writer.push(this.#own.interrupt())
      else void open.agent.interrupt()
      await this.#turn.settledWithin(settleMs)
    }
    await open.agent.stop()
  }

  /** Tells the agent what there is to say, and follows it to its end. */
  async #converse(open: OpenRun): Promise<void> {
    if (this.#request.decision !== null) this.#goOnWith(open, this.#request.decision)
    void this.#feed?.takeFrom(this.#request.inputs)
    for await (const report of open.agent.reports) {
      open.watchdog.seen()
      open.joiner.report(report)
    }
  }

  async #close(open: OpenRun, failure: PerdureError | null): Promise<RunCause> {
    this.#isClosed = true
    this.#patience.stop()
    this.#feed?.stop()
    await this.#ending
    const closing = { cause: this.#cause ?? failure, own: this.#own, errorShown: this.#turn.isErrorShown }
    const cause = await closeRun(this.#dependencies, this.#request, { open, closing })
    this.#approvals.answerAll({ result: 'deny', message: 'The run ended before anybody decided.' })
    return cause
  }

  #show(event: SessionStreamEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  // --- what the agent reports ---

  #joined(output: JoinOutput): void {
    const open = this.#open
    if (open === null) return
    if (this.#held !== null) return void this.#held.push(output)
    if (output.kind === 'preview') return open.writer.preview(output.event)
    if (output.kind === 'event') return this.#joinedEvent(open, output.event)
    const { report } = output
    switch (report.type) {
      case 'agent_started':
        if (!this.#turn.isActive) this.#turn.begin()
        return open.writer.push(this.#own.agentStarted(report))
      case 'input_state':
        if (report.state === 'started') this.#feed?.takenIn(report.inputUuid)
        return
      case 'turn_ended':
        for (const uuid of report.inputUuids) this.#feed?.takenIn(uuid)
        if (report.error !== null && !this.#turn.isErrorShown && !open.writer.state.turn.interrupted) {
          open.writer.push(this.#own.error(report.error, 'exhausted'))
        }
        open.writer.push(this.#own.turnEnded(report, this.#turn.modelRequests))
        this.#held = []
        return
      default:
        return report satisfies never
    }
  }

  #joinedEvent(open: OpenRun, event: EventDraft): void {
    this.#turn.note(event)
    open.writer.push(event)
    const toolUseId = event.perdure?.tool_use_id
    if (toolUseId === undefined || !(event.type === 'agent.tool_use' || event.type === 'agent.mcp_tool_use')) return
    this.#approvals.callLogged(toolUseId, event.id as EventId)
  }

  #turnBegan(): void {
    this.#open?.watchdog.expectActivity(true)
    this.#open?.writer.push(this.#own.running())
  }

  // --- what a person decides ---

  async #askPermission(question: PermissionQuestion): Promise<PermissionAnswer> {
    if (this.#policy() === 'refuse' && !this.#approvals.isDecided(question.toolUseId)) {
      return { result: 'deny', message: 'Nobody is there to allow this, and no rule allows it.' }
    }
    return this.#approvals.ask(question)
  }

  #policy(): 'wait' | 'refuse' | 'stop' {
    const { approvals, isFollowed } = this.#request
    if (approvals !== 'auto') return approvals
    return isFollowed() ? 'wait' : 'stop'
  }

  /** The turn of an earlier run goes on with the answer to its question. */
  #goOnWith(open: OpenRun, { toolUseEventId, denyMessage }: Decision): void {
    const toolUseId = open.writer.state.openTools[toolUseEventId]?.toolUseId
    if (toolUseId != null) this.#approvals.callLogged(toolUseId, toolUseEventId as EventId)
    this.#turn.isActive = true
    open.writer.push(this.#own.confirmation(toolUseEventId, denyMessage))
  }

  #announce(): void {
    const open = this.#open
    if (open === null) return
    open.watchdog.expectActivity(false)
    open.writer.push(this.#own.idle({ type: 'requires_action', event_ids: this.#approvals.announced() }))
    // A question that nobody answers in time ends the run; a later run can still answer it.
    this.#patience.wait(this.#policy() === 'stop' ? siblingQuestionsMs : this.#request.approvalTimeoutMs)
  }

  #turnOver(open: OpenRun): void {
    this.#patience.stop()
    this.#turn.settle()
    open.watchdog.expectActivity(false)
    const held = this.#held ?? []
    this.#held = null
    for (const output of held) this.#joined(output)
    this.#feed?.pump()
  }

  // --- what follows from the log ---

  #perform(command: Command): void {
    const open = this.#open
    if (open === null) return
    switch (command.type) {
      case 'interrupt_agent':
        open.agent.interrupt().catch((error: unknown) => this.abort(PerdureError.from(error, 'agent_exited')))
        return
      case 'answer_permission':
        this.#approvals.answer(
          command.toolUseEventId,
          command.result === 'allow' ? { result: 'allow' } : { result: 'deny', message: command.message ?? 'Denied.' },
        )
        return
      case 'ask_again':
        return open.writer.push(this.#own.idle({ type: 'requires_action', event_ids: [...command.eventIds] }))
      case 'go_on':
        this.#patience.stop()
        open.watchdog.expectActivity(true)
        return open.writer.push(this.#own.running())
      case 'settle_turn':
        open.writer.push(this.#own.usage(open.writer.state))
        return open.writer.push(this.#own.idle({ type: command.stopReason }))
      case 'take_next_input':
        return this.#turnOver(open)
      default:
        return command satisfies never
    }
  }
}
