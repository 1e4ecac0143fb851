import type { Command } from '../domain/command.ts'
import type { EventId } from '../domain/ids.ts'
import type { EventDraft } from '../domain/session-event.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { PermissionAnswer, PermissionQuestion } from '../ports/agent-driver.ts'
import { createApprovals } from './approvals.ts'
import type { OpenRun } from './open-run.ts'
import type { OwnEvents } from './own-events.ts'
import { Patience } from './patience.ts'
import type { Decision, RunRequest } from './run-request.ts'

/** Calls of one answer are asked about one after the other; so long is waited for the others. */
const siblingQuestionsMs = 200

export interface QuestionsOptions {
  readonly request: Pick<RunRequest<never>, 'approvals' | 'approvalTimeoutMs' | 'isFollowed'>
  readonly own: OwnEvents
  /** The run, while it is open. */
  readonly open: () => OpenRun | null
  /** Nobody answered in time. */
  readonly onUnanswered: () => void
}

/** What a run asks a person: which calls wait, how long, and what becomes of the answers. */
export class Questions {
  readonly #options: QuestionsOptions
  readonly #approvals = createApprovals(() => this.#announce())
  readonly #patience = new Patience(() => void this.#giveUp())
  /** Calls that a person has decided about, though the log may not say so yet. */
  readonly #decided = new Set<string>()

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  async ask(question: PermissionQuestion): Promise<PermissionAnswer> {
    if (this.#policy() === 'refuse' && !this.#approvals.isDecided(question.toolUseId)) {
      return { result: 'deny', message: 'Nobody is there to allow this, and no rule allows it.' }
    }
    return this.#approvals.ask(question)
  }

  /** A call stands in the log, or is about to. */
  noteCall({ type, id, perdure }: EventDraft): void {
    const isCall = type === 'agent.tool_use' || type === 'agent.mcp_tool_use'
    if (isCall && perdure?.tool_use_id !== undefined) this.#approvals.callLogged(perdure.tool_use_id, id as EventId)
  }

  /** A person's word about a call. @throws {PerdureError} `invalid_request` when it does not wait for one. */
  async decide(toolUseEventId: string, denyMessage: string | null): Promise<void> {
    const { own, open } = this.#options
    const writer = open()?.writer
    if (!writer?.state.awaitingApproval.includes(toolUseEventId) || this.#decided.has(toolUseEventId)) {
      throw new PerdureError('invalid_request', `No tool call waits for a decision under the id ${toolUseEventId}.`, {
        hint: 'Use an id from the event_ids of the newest session.status_idle event.',
      })
    }
    this.#decided.add(toolUseEventId)
    writer.push(own.confirmation(toolUseEventId, denyMessage))
    await writer.flushed()
  }

  /** The answer to the question of an earlier run: it is given when the agent asks again. */
  answerEarlier({ writer }: OpenRun, { toolUseEventId, denyMessage }: Decision): void {
    const toolUseId = writer.state.openTools[toolUseEventId]?.toolUseId
    if (toolUseId != null) this.#approvals.callLogged(toolUseId, toolUseEventId as EventId)
    this.#decided.add(toolUseEventId)
    writer.push(this.#options.own.confirmation(toolUseEventId, denyMessage))
  }

  /** Gives the agent the answer that is in the log now. */
  answer({ toolUseEventId, result, message }: Extract<Command, { type: 'answer_permission' }>): void {
    this.#approvals.answer(toolUseEventId, result === 'allow' ? { result } : { result, message: message ?? 'Denied.' })
  }

  /** One was decided: says what still waits, or that the turn goes on. */
  goOn(open: OpenRun): void {
    // Not what the log's state says: meanwhile another may have been asked.
    const waiting = this.#waiting()
    if (waiting.length > 0) return open.writer.push(this.#requiresAction(waiting))
    this.#patience.stop()
    open.watchdog.expectActivity(true)
    open.writer.push(this.#options.own.running())
  }

  /** The turn is over: nothing is waited for. */
  stop(): void {
    this.#patience.stop()
  }

  /** The agent is gone. */
  close(): void {
    this.stop()
    this.#approvals.answerAll({ result: 'deny', message: 'The run ended before anybody decided.' })
  }

  #announce(): void {
    const open = this.#options.open()
    const waiting = this.#waiting()
    if (open === null || waiting.length === 0) return
    open.watchdog.expectActivity(false)
    open.writer.push(this.#requiresAction(waiting))
    // A question that nobody answers in time ends the run; a later run can still answer it.
    const { approvalTimeoutMs } = this.#options.request
    this.#patience.wait(this.#policy() === 'stop' ? siblingQuestionsMs : approvalTimeoutMs)
  }

  async #giveUp(): Promise<void> {
    // Where the log fails, the run ends for that.
    await this.#options
      .open()
      ?.writer.flushed()
      .catch(() => {})
    if (this.#waiting().length > 0) this.#options.onUnanswered()
  }

  #waiting(): EventId[] {
    return this.#approvals.announced().filter((id) => !this.#decided.has(id))
  }

  #requiresAction(waiting: EventId[]): EventDraft {
    return this.#options.own.idle({ type: 'requires_action', event_ids: waiting })
  }

  #policy(): 'wait' | 'refuse' | 'stop' {
    const { approvals, isFollowed } = this.#options.request
    if (approvals !== 'auto') return approvals
    return isFollowed() ? 'wait' : 'stop'
  }
}
