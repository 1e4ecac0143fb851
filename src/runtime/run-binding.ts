import { PerdureError } from '../errors/perdure-error.ts'
import type { PermissionAnswer, PermissionQuestion, RunTranscripts, ToolCall } from '../ports/agent-driver.ts'
import type { RunAccount } from '../ports/model-gateway.ts'
import type { ModelObservation } from '../ports/model-observation.ts'

/** What ties an agent to its run. */
export interface BoundRun {
  readonly transcripts: RunTranscripts
  readonly askPermission: (question: PermissionQuestion) => Promise<PermissionAnswer>
  readonly beforeTool: (call: ToolCall) => Promise<void>
  readonly observe: (observation: ModelObservation) => void
  /** Who pays for its model calls. */
  readonly account: () => RunAccount
}

/** Stands for a run that an agent may be started without: whatever the agent wants of it waits until it is known. */
export class RunBinding implements BoundRun {
  readonly #bound = Promise.withResolvers<BoundRun>()
  #run: BoundRun | null = null

  readonly transcripts: RunTranscripts = {
    append: async (key, entries) => (await this.#bound.promise).transcripts.append(key, entries),
    load: async (key) => (await this.#bound.promise).transcripts.load(key),
    listSubpaths: async (agentSessionId) => (await this.#bound.promise).transcripts.listSubpaths(agentSessionId),
  }

  bind(run: BoundRun): void {
    this.#run = run
    this.#bound.resolve(run)
  }

  askPermission = async (question: PermissionQuestion): Promise<PermissionAnswer> =>
    (await this.#bound.promise).askPermission(question)

  beforeTool = async (call: ToolCall): Promise<void> => (await this.#bound.promise).beforeTool(call)

  account = (): RunAccount => {
    if (this.#run === null) throw new PerdureError('internal_error', 'An agent without a run asked a model.')
    return this.#run.account()
  }

  /** Before its run is known an agent has been told nothing, and asks no model. */
  observe = (observation: ModelObservation): void => this.#run?.observe(observation)
}
