import { newSessionId, type EventId, type SessionId } from '../domain/ids.ts'
import type { LoggedEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { fold } from '../domain/step.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { systemClock } from '../ports/clock.ts'
import type { ReadOptions, SubscribeOptions } from '../ports/event-log.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import type { AgentRun } from '../runtime/agent-run.ts'
import { forkSession } from '../runtime/fork-session.ts'
import { newUserMessage } from '../runtime/inputs.ts'
import { rewindSession } from '../runtime/rewind/rewind-session.ts'
import type { WorkTreeChoice } from '../runtime/travel/bring-files.ts'
import type { BudgetReport } from '../runtime/metering/run-meter.ts'
import { setBudget, type SetBudgetOptions } from './budgets.ts'
import { checkTtl } from './check-ttl.ts'
import { deleteSession } from './delete-sessions.ts'
import { filesOfFork, type ForkOptions } from './fork-options.ts'
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts'
import { processRuntime } from './process-runtime.ts'
import { reportOf, type RewindOptions, type RewindReport } from './rewind-options.ts'
import { diffSession, type DiffOptions, type SessionDiff } from './session-diff.ts'
import { reachedBy, type Reached } from './reached.ts'
import type { RunAgentOptions, UserMessageInput } from './run-agent-options.ts'
import { runAgent } from './run-agent.ts'
import { parseUserMessage } from './user-message.ts'
import { takeUpSession, type TakeUpOptions, type TakenSession } from './take-up-session.ts'

/** Where a session goes on. */
export interface ResumeOptions extends TakeUpOptions {
  /** What becomes of its folder; as the option of `runAgent`. Default: `auto`. */
  readonly workTree?: WorkTreeChoice
}

/** How one turn of a session is run. */
export type TurnOptions = Omit<RunAgentOptions, 'prompt' | 'sessionId' | keyof WorkspaceOptions>

/** A conversation that outlives processes: run it, look at it, branch it. */
export class Session {
  readonly id: SessionId
  /** As it was when this object was made, or last refreshed by one of its methods. */
  record: SessionRecord
  readonly #stores: WorkspaceStores
  readonly #options: WorkspaceOptions

  constructor(record: SessionRecord, workspace: { stores: WorkspaceStores; options: WorkspaceOptions }) {
    this.id = record.id
    this.record = record
    this.#stores = workspace.stores
    this.#options = workspace.options
    processRuntime().sessionPlaces.note(record.id, workspace.options)
  }

  /** Where it is kept. */
  get place(): WorkspaceOptions {
    return this.#options
  }

  /** The next turn of this session. */
  run(prompt: RunAgentOptions['prompt'], options: TurnOptions = {}): AgentRun {
    return runAgent({ ...options, ...this.#options, sessionId: this.id, ...(prompt === undefined ? {} : { prompt }) })
  }

  /** Says something that its next run takes up; durable when it resolves. @throws {PerdureError} `session_not_found`, `invalid_request`. */
  async send(message: UserMessageInput): Promise<EventId> {
    const { content, priority } = parseUserMessage(message)
    const event = newUserMessage(content)
    await this.#stores.inbox.put(this.id, event, { priority })
    return event.id
  }

  /**
   * Allows the tool call for which an earlier run ended with `requires_action`: it runs, and the turn goes on.
   * @param toolUseId From `pending` of the outcome, or `awaitingApproval` of the session's state.
   */
  approve(toolUseId: string, options: TurnOptions = {}): AgentRun {
    return this.run(undefined, { ...options, decision: { toolUseId, result: 'allow' } })
  }

  /** Refuses it; the agent is told the reason, and the turn goes on. */
  deny(toolUseId: string, reason: string, options: TurnOptions = {}): AgentRun {
    return this.run(undefined, { ...options, decision: { toolUseId, result: 'deny', message: reason } })
  }

  /**
   * Makes the session ready to go on: when the process that drove it died, what it left open is
   * closed. Where its folder is missing or empty, as on another machine, its files are restored as they were last saved.
   * Also renews the time to live.
   * @throws {PerdureError} `session_not_found`; `lease_held` while another process drives it; `checkpoint_not_found`,
   *   `checkpoint_invalid`, `checkpoint_failed` when its files cannot be restored.
   */
  async resume(options: ResumeOptions = {}): Promise<this> {
    const workspace = await openWorkspace(this.#options)
    const idle = ({ fence }: TakenSession) => this.#stores.sessions.update(this.id, { status: 'idle', fence })
    this.record = await takeUpSession(workspace, { workTree: 'auto', ...options, sessionId: this.id }, idle)
    return this
  }

  /**
   * Goes back to an event of its own: the conversation and the files become what they were then. Nothing is erased: what
   * came after stands on a branch that was left, and can be gone back to in the same way.
   * @throws {PerdureError} `session_not_found`; `lease_held` while it is driven; `invalid_request`; `checkpoint_not_found` when no
   *   checkpoint says what the files were; `checkpoint_git_moved` when a repository would stay elsewhere than the files;
   *   `checkpoint_invalid`, `checkpoint_failed`, `storage_failed`.
   */
  async rewind(to: number | string | RewindOptions): Promise<RewindReport> {
    const options = typeof to === 'object' ? to : { to }
    const { files = true, git = 'keep', acceptGitWarnings = false } = options
    const workspace = await openWorkspace(this.#options)
    const { stores, workTrees } = workspace
    const rewound = await takeUpSession(workspace, { sessionId: this.id }, async ({ fence }) =>
      rewindSession(
        { stores, workTrees, driver: processRuntime().driver, clock: systemClock },
        {
          sessionId: this.id,
          fence,
          to: await this.#sequenceOf(options.to),
          files: files ? { git, acceptGitWarnings } : null,
        },
      ),
    )
    this.record = rewound.record
    return reportOf(rewound)
  }

  /**
   * A session of its own that begins where this one stands, or stood at event `at`. This one is not touched.
   * @throws {PerdureError} `session_not_found`, `invalid_request`; for files of its own `working_directory_not_empty`,
   *   `checkpoint_not_found`, `checkpoint_invalid`, `checkpoint_failed`, `storage_failed`.
   */
  async fork(title?: string | ForkOptions, more: ForkOptions = {}): Promise<Session> {
    const options = typeof title === 'object' ? title : { ...more, ...(title === undefined ? {} : { title }) }
    const workspace = await openWorkspace(this.#options)
    const newId = newSessionId()
    const record = await forkSession(
      { stores: this.#stores, driver: processRuntime().driver },
      {
        from: this.id,
        newId,
        title: options.title ?? null,
        forkFiles: await filesOfFork(workspace, newId, options),
        ...(options.at === undefined ? {} : { atSequence: await this.#sequenceOf(options.at) }),
      },
    )
    return new Session(record, { stores: this.#stores, options: this.#options })
  }

  /**
   * Which files differ between two events: without options, what the last turn changed.
   * @throws {PerdureError} `invalid_request`, `checkpoint_not_found`, `checkpoint_invalid`, `storage_failed`.
   */
  async diff({ from, to, limit = 1000, patch = false }: DiffOptions = {}): Promise<SessionDiff> {
    return diffSession(await openWorkspace(this.#options), {
      record: this.record,
      events: await this.events(),
      from: from === undefined ? null : await this.#sequenceOf(from),
      to: to === undefined ? null : await this.#sequenceOf(to),
      limit,
      patch,
    })
  }

  async #sequenceOf(event: number | string): Promise<number> {
    if (typeof event === 'number') return event
    const found = (await this.events()).find(({ id }) => id === event)
    if (found !== undefined) return found.sequence
    throw new PerdureError('invalid_request', `The session has no event ${event}.`)
  }

  async rename(title: string | null): Promise<void> {
    this.record = await this.#stores.sessions.update(this.id, { title })
  }

  /** Replaces the tags. */
  async tag(tags: readonly string[]): Promise<void> {
    this.record = await this.#stores.sessions.update(this.id, { tags })
  }

  /** Sets the seconds after the last change at which it expires; null: never. @throws {PerdureError} `invalid_request`. */
  async expire(ttlSeconds: number | null): Promise<void> {
    checkTtl(ttlSeconds)
    this.record = await this.#stores.sessions.update(this.id, { ttlSeconds })
  }

  /**
   * Limits what it may cost, over all its runs and forks. It holds at once, also for a run under way.
   * @throws {PerdureError} `invalid_request`.
   */
  async setBudget(budget: Omit<SetBudgetOptions, 'scope' | 'id' | keyof WorkspaceOptions>): Promise<BudgetReport> {
    return setBudget({ ...this.#options, ...budget, scope: 'session', id: this.id })
  }

  /** Removes it with its events, its transcripts and a folder that was made for it as a fork; what it cost stays in the ledger. @throws {PerdureError} `lease_held` while it is driven. */
  async delete(): Promise<void> {
    await deleteSession(await openWorkspace(this.#options), this.id)
  }

  /** Its own events, oldest first; a fork's earlier history is its parent's. */
  events(options?: ReadOptions): Promise<LoggedEvent[]> {
    return this.#stores.events.read(this.id, options)
  }

  /** History, then what any process appends from now on. Ends with `signal`, or when the session is deleted. */
  follow(options?: SubscribeOptions): AsyncIterable<LoggedEvent> {
    return this.#stores.events.subscribe(this.id, options)
  }

  /**
   * What its last run has come to: the last complete text, the files that it changed, what to do next. Of a run that died,
   * what was saved and logged until then; {@link resume} saves what it left.
   * @throws {PerdureError} `storage_failed`, `checkpoint_invalid`.
   */
  async reached(): Promise<Reached> {
    return reachedBy(await openWorkspace(this.#options), { record: this.record, events: await this.events() })
  }

  /** What follows from all its events. */
  async state(): Promise<SessionState> {
    return fold(await this.events())
  }
}
