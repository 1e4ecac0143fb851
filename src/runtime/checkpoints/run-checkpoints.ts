import type { CheckpointId } from '../../domain/checkpoint-id.ts'
import type { CheckpointReason } from '../../domain/perdure-event.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import type { SessionState } from '../../domain/session-state.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ToolCall } from '../../ports/agent-driver.ts'
import type { Clock } from '../../ports/clock.ts'
import type { FileChanges, WorkTree } from '../../ports/work-tree.ts'
import type { OwnEvents } from '../own-events.ts'
import type { SessionWriter } from '../session-writer.ts'
import type { CheckpointPlan } from './checkpoint-plan.ts'
import { changesOf, checkpointSaved, mostNamed, noChanges } from './checkpoint-saved.ts'

export interface RunCheckpointsOptions {
  readonly tree: WorkTree
  /** Null: as it was saved before, and before no tool. */
  readonly plan: CheckpointPlan | null
  readonly workingDirectory: string
  readonly own: OwnEvents
  readonly clock: Clock
}

/** What a run did to the files, as far as it was saved. */
export interface ReachedFiles extends FileChanges {
  /** What they were saved as last; null when nothing was. */
  readonly checkpointId: CheckpointId | null
}

export const nothingReached: ReachedFiles = { checkpointId: null, ...noChanges }

type Writer = Pick<SessionWriter, 'push' | 'flushed'>

/** How long a run that was told to end waits for its work tree. */
const longestWaitMs = 5_000

/**
 * Saves the work tree of a run where it counts, and writes that down. It never fails a run: what could not be saved is
 * said in the log, once, and the next run saves the tree as it finds it.
 */
export class RunCheckpoints {
  readonly #options: RunCheckpointsOptions
  readonly #writer = Promise.withResolvers<Writer>()
  readonly #hurried = Promise.withResolvers<void>()
  /** Resolves when what the agent found is saved, or could not be. */
  begun: Promise<void> = Promise.resolve()
  #work: Promise<void> = Promise.resolve()
  #hurry: NodeJS.Timeout | undefined
  #underWay: CheckpointReason | null = null
  /** Nothing is saved any more: the run is over, or this tree cannot be saved. */
  #isOver = false
  #complaint: string | null = null
  #newest: CheckpointId | null = null
  #base: CheckpointId | null = null
  /** What changed since the base, where one save tells. */
  #changes: (FileChanges & { readonly since: CheckpointId; readonly until: CheckpointId }) | null = null

  constructor(options: RunCheckpointsOptions) {
    this.#options = options
  }

  /** Saves what the agent finds. Its tools wait for it, and nothing else. */
  begin(state: Pick<SessionState, 'checkpointId'>): void {
    this.follow(state)
    this.begun = this.save('run_started')
  }

  /** What is saved follows what was saved last. */
  follow({ checkpointId }: Pick<SessionState, 'checkpointId'>): void {
    this.#newest = checkpointId
    this.#base = checkpointId
  }

  /** The log of the run is open. */
  writeTo(writer: Writer): void {
    this.#writer.resolve(writer)
  }

  /** Resolves when the call may happen: the agent may have gone on to its next turn by itself. */
  async beforeTool(call: ToolCall): Promise<void> {
    await this.#untilSaved()
    if (this.#isRisky(call)) await this.save('before_tool')
  }

  /** Resolves when the tree is saved and the log says so, or when it could not be saved. */
  save(reason: CheckpointReason): Promise<void> {
    this.#work = this.#work.then(() => this.#save(reason))
    return this.#untilSaved()
  }

  /** The run is to end soon: what takes long is left to the next one. */
  hurry(): void {
    this.#hurry ??= setTimeout(() => this.#giveUp(), longestWaitMs)
  }

  /** What has changed since the run began. */
  async reached(): Promise<ReachedFiles> {
    const checkpointId = this.#newest
    return { checkpointId, ...(await this.#changesUntil(checkpointId)) }
  }

  /** Does not wait for what is under way. */
  close(): void {
    clearTimeout(this.#hurry)
    this.#isOver = true
    this.#hurried.resolve()
    void this.#options.tree.close()
  }

  #untilSaved(): Promise<void> {
    return Promise.race([this.#work, this.#hurried.promise])
  }

  #isRisky(call: ToolCall): boolean {
    try {
      return this.#options.plan?.isRisky(call) ?? false
    } catch {
      return true
    }
  }

  async #save(reason: CheckpointReason): Promise<void> {
    if (this.#isOver) return
    this.#underWay = reason
    try {
      const event = await this.#saved(reason)
      if (event !== null) await this.#write(event)
    } catch (error) {
      await this.#complain(reason, PerdureError.from(error, 'checkpoint_failed'))
    } finally {
      this.#underWay = null
    }
  }

  /** Null when there is nothing to say: nothing had changed, or the run is over. */
  async #saved(reason: CheckpointReason): Promise<EventDraft | null> {
    const { tree, plan, workingDirectory, clock } = this.#options
    const startedMs = clock.monotonicMs()
    const saved = await tree.save({ parent: this.#newest, ...(plan === null ? {} : { policy: plan.policy }) })
    const { id, parent, isUnchanged } = saved
    const changes = await changesOf(tree, saved)
    if (this.#isOver) return null
    this.#newest = id
    if (reason === 'run_started') this.#base = id
    else if (parent !== null && !isUnchanged) this.#changes = { ...changes, since: parent, until: id }
    if (isUnchanged) return null
    return checkpointSaved({ saved, changes, reason, root: workingDirectory, clock, startedMs })
  }

  async #complain(reason: CheckpointReason, error: PerdureError): Promise<void> {
    if (this.#isOver) return
    // It would be the same at each turn, and would take its time.
    if (error.code === 'work_tree_unsuitable') this.#isOver = true
    if (this.#complaint === error.message) return
    this.#complaint = error.message
    const { own, workingDirectory: working_directory } = this.#options
    await this.#write(own.checkpointFailed({ reason, working_directory, error: error.toJSON() }))
  }

  async #write(event: EventDraft): Promise<void> {
    const writer = await this.#writer.promise
    writer.push(event)
    // A log that takes nothing any more ends the run by itself.
    await writer.flushed().catch(() => {})
  }

  #giveUp(): void {
    const reason = this.#underWay
    const message = 'The run was to end before its work tree was saved; the next run saves it as it finds it.'
    if (reason !== null) void this.#complain(reason, new PerdureError('checkpoint_failed', message))
    this.#isOver = true
    this.#hurried.resolve()
  }

  async #changesUntil(newest: CheckpointId | null): Promise<FileChanges> {
    const base = this.#base
    if (base === null || newest === null || base === newest) return noChanges
    if (this.#changes?.since === base && this.#changes.until === newest) return this.#changes
    const changes = this.#options.tree.changes(base, newest, { limit: mostNamed })
    // A thread that is still busy with what the run gave up is not waited for.
    const late = this.#hurried.promise.then(() => noChanges)
    return Promise.race([changes, late]).catch(() => noChanges)
  }
}
