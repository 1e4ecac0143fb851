import type { Command } from '../domain/command.ts'
import type { EventDraft } from '../domain/session-event.ts'
import type { PerdureError } from '../errors/perdure-error.ts'
import type { TurnEndedReport } from '../ports/agent-report.ts'
import type { InputFeed } from './input-feed.ts'
import type { JoinOutput } from './join/join-output.ts'
import type { RunCosts } from './metering/run-costs.ts'
import type { OpenRun } from './open-run.ts'
import type { OwnEvents } from './own-events.ts'
import type { Questions } from './questions.ts'
import type { RunRequest } from './run-request.ts'
import { Turn } from './turn.ts'

type SettledTurn = Extract<Command, { type: 'settle_turn' }>['stopReason']

export interface RunTurnsOptions {
  readonly request: Pick<RunRequest<never>, 'budget'>
  readonly own: OwnEvents
  readonly costs: RunCosts
  readonly questions: Questions
  readonly open: () => OpenRun | null
  readonly feed: () => InputFeed | null
  readonly abort: (cause: PerdureError) => void
}

/** The turns of a run: what is reported of them goes into the log in true order, and each is settled before the next begins. */
export class RunTurns {
  readonly #options: RunTurnsOptions
  /** The one under way. */
  readonly turn = new Turn(() => this.#began())
  /** What came after a result whose end of turn is not yet in the log; it waits, so that the order is true. */
  #held: JoinOutput[] | null = null
  /** Why the gateway makes no more of the run's model calls. */
  #refusal: PerdureError | null = null
  /** The work tree is as the turn left it, and is being saved. */
  #saved: Promise<void> | null = null
  #settling: Promise<void> = Promise.resolve()

  constructor(options: RunTurnsOptions) {
    this.#options = options
  }

  /** Something was reported. */
  joined(output: JoinOutput): void {
    const { own, feed } = this.#options
    const open = this.#options.open()
    if (open === null) return
    if (this.#held !== null) return void this.#held.push(output)
    if (output.kind === 'preview') return open.writer.preview(output.event)
    if (output.kind === 'event') return this.#joinedEvent(open, output.event)
    const { report } = output
    switch (report.type) {
      case 'agent_started':
        if (!this.turn.isActive) this.turn.begin()
        return open.writer.push(own.agentStarted(report))
      case 'input_state':
        if (report.state === 'started') feed()?.takenIn(report.inputUuid)
        return
      case 'turn_ended':
        for (const uuid of report.inputUuids) feed()?.takenIn(uuid)
        this.#turnEnded(open, report)
        return
      default:
        return report satisfies never
    }
  }

  /** The gateway refuses calls of this run; the agent hears of it by the answers that it gets. */
  refused(error: PerdureError): void {
    const { request, abort } = this.#options
    this.#refusal = error
    if (error.code === 'budget_reached' && request.budget?.onExceeded === 'abort') abort(error)
  }

  /** The log says that the turn is over: what it came to is said, once its files are saved. */
  settle(open: OpenRun, type: SettledTurn): void {
    this.#settling = this.#settle(open, type)
  }

  /** Resolves when what is being settled is settled. */
  settled(): Promise<void> {
    return this.#settling
  }

  /** The turn is settled in the log: what came meanwhile goes on, and then what is still to be said. */
  over(open: OpenRun): void {
    const { questions, feed, abort } = this.#options
    questions.stop()
    this.turn.settle()
    open.watchdog.expectActivity(false)
    const held = this.#held ?? []
    this.#held = null
    for (const output of held) this.joined(output)
    if (this.#refusal?.code === 'budget_reached') return abort(this.#refusal)
    this.#refusal = null
    feed()?.pump()
  }

  #joinedEvent(open: OpenRun, event: EventDraft): void {
    const { costs, questions } = this.#options
    this.turn.note(event)
    open.writer.push(costs.withCost(event))
    questions.noteCall(event)
  }

  #turnEnded(open: OpenRun, reported: TurnEndedReport): void {
    const { own, costs } = this.#options
    // To the agent a refusal is a failure like any other, or none where it ended at its limit of tokens.
    const report = this.#refusal === null ? reported : { ...reported, isError: true, error: this.#refusal.toJSON() }
    this.#showError(open, report)
    const costNanoUsd = costs.turnEnded(report)
    open.writer.push(own.turnEnded(report, { modelRequests: this.turn.modelRequests, costNanoUsd }))
    this.#held = []
    if (open.checkpoints !== null) this.#saved = open.checkpoints.save('turn_ended')
  }

  #showError({ writer }: OpenRun, { error }: TurnEndedReport): void {
    // A turn that was cut, by an interrupt or by a message that could not wait, is no failure.
    const wasCut = error?.code === 'cancelled' || writer.state.turn.interrupted
    // A budget is no failure: the stop reason says it.
    if (error !== null && error.code !== 'budget_reached' && !wasCut && !this.turn.isErrorShown)
      writer.push(this.#options.own.error(error, 'exhausted'))
  }

  #began(): void {
    const { own, open } = this.#options
    open()?.watchdog.expectActivity(true)
    open()?.writer.push(own.running())
  }

  /** Nothing is said to the agent before the work tree is saved as the turn left it. */
  async #settle(open: OpenRun, type: SettledTurn): Promise<void> {
    const { own } = this.#options
    if (this.#saved !== null) await this.#saved
    open.writer.push(own.usage(open.writer.state))
    open.writer.push(own.idle({ type }))
  }
}
