import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { newRunId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { defaultScope } from '../ports/storage.ts'
import type { AgentRun } from '../runtime/agent-run.ts'
import { RunBinding } from '../runtime/run-binding.ts'
import { startAgent, type StartedAgent } from '../runtime/start-agent.ts'
import { WarmPool } from '../runtime/warm-pool.ts'
import { agentDependencies } from './agent-dependencies.ts'
import { cacheStrategyOf } from './cache-options.ts'
import { chooseUpstream } from './choose-upstream.ts'
import { openWorkspace } from './open-workspace.ts'
import { retryPoliciesOf } from './retry-options.ts'
import type { PerdureRunOptions, RunAgentOptions } from './run-agent-options.ts'
import { runAgentWith } from './run-agent.ts'
import { splitOptions } from './split-options.ts'

/** What all runs of a pool have in common: everything that an agent is started with. */
export type AgentPoolOptions = Omit<RunAgentOptions, PerRunOption | 'workspaceId' | 'organizationId'> & {
  /** How many agents are kept ready for each workspace that has used the pool. Default: 1. */
  size?: number
  /** How many are kept ready in all; the workspace that waited longest loses its own first. Default: 4 × `size`. */
  maxReady?: number
  /** How long a ready agent is kept before it is replaced, in milliseconds. Default: 10 minutes. */
  maxIdleMs?: number
}

const perRunOptions = ['prompt', 'sessionId', 'fork', 'title', 'tags', 'metadata', 'ttl', 'signal'] as const
const pooledRunOptions = [...perRunOptions, 'organizationId', 'workspaceId', 'timeoutMs'] as const

type PerRunOption = (typeof perRunOptions)[number]

/** What a run of a pool may say for itself. */
export type PooledRunOptions = Pick<PerdureRunOptions, (typeof pooledRunOptions)[number]>

/**
 * Agents that are up before they are needed: the first word of an answer comes in less than half the time.
 * A ready agent belongs to one workspace and serves one run, so nothing passes from one to another.
 * Resumed and forked sessions start their own agent.
 */
export class AgentPool {
  readonly #options: RunAgentOptions
  readonly #limits: { readonly size: number; readonly maxReady: number; readonly maxIdleMs: number }
  /** By workspace; the one used last stands last. */
  readonly #pools = new Map<string, WarmPool>()
  #isClosed = false

  /** @throws {PerdureError} `invalid_request`, and what `runAgent` would refuse. */
  constructor({ size = 1, maxReady = 4 * size, maxIdleMs = 600_000, ...options }: AgentPoolOptions) {
    for (const [name, value] of Object.entries({ size, maxReady, maxIdleMs })) {
      if (!(Number.isInteger(value) && value > 0)) {
        throw new PerdureError('invalid_request', `Option ${name} must be a positive whole number.`)
      }
    }
    refuseCassettes(splitOptions(options).own)
    this.#options = options
    this.#limits = { size, maxReady, maxIdleMs }
  }

  /** Starts the agents of a workspace; resolves when they are ready. @throws {PerdureError} when they cannot be started. */
  async warm(workspace: Pick<PooledRunOptions, 'organizationId' | 'workspaceId'> = {}): Promise<void> {
    this.#requireOpen()
    const failures: unknown[] = []
    await this.#poolOf(workspace, (error) => failures.push(error)).fill()
    if (failures.length > 0) throw PerdureError.from(failures[0])
  }

  /**
   * Like the function of that name, with an agent that is up where one is; the pool starts the next.
   * @throws {PerdureError} `invalid_request`, also for an option that only the pool itself can have, and once it is closed.
   */
  runAgent(options: PooledRunOptions): AgentRun {
    this.#requireOpen()
    requirePerRun(options)
    if (options.sessionId !== undefined) return runAgentWith({ ...this.#options, ...options }, null)
    const pool = this.#poolOf(options)
    const warm = pool.take()
    try {
      return runAgentWith({ ...this.#options, ...options }, warm)
    } catch (error) {
      if (warm !== null) pool.putBack(warm)
      throw error
    }
  }

  /** Ends the agents that are ready, and starts no more. Runs under way are not touched. */
  async close(): Promise<void> {
    this.#isClosed = true
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.close()))
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new PerdureError('invalid_request', 'The pool is closed: it starts no more agents.')
  }

  #poolOf(
    { organizationId, workspaceId }: Pick<PooledRunOptions, 'organizationId' | 'workspaceId'>,
    onFailure: (error: unknown) => void = () => {},
  ): WarmPool {
    const scope = {
      organizationId: organizationId ?? defaultScope.organizationId,
      workspaceId: workspaceId ?? defaultScope.workspaceId,
    }
    const key = JSON.stringify([scope.organizationId, scope.workspaceId])
    const pool =
      this.#pools.get(key) ??
      new WarmPool({ ...this.#limits, onFailure, start: () => this.#start({ ...this.#options, ...scope }) })
    this.#pools.delete(key)
    this.#pools.set(key, pool)
    this.#makeRoom()
    return pool
  }

  #makeRoom(): void {
    for (const [key, pool] of this.#pools) {
      if (this.#pools.size * this.#limits.size <= this.#limits.maxReady || this.#pools.size === 1) return
      this.#pools.delete(key)
      void pool.close()
    }
  }

  async #start(options: RunAgentOptions): Promise<StartedAgent> {
    const { own, agent } = splitOptions(options)
    const runId = newRunId()
    const { sandboxes } = await openWorkspace(own)
    const dependencies = agentDependencies(sandboxes)
    dependencies.driver.validate(agent)
    const upstream = await chooseUpstream(own, process.env)
    const sandbox = await sandboxes.create({ workingDirectory: resolve(own.cwd ?? '.') })
    const retries = retryPoliciesOf(own.retryPolicy)
    return startAgent(dependencies, {
      runId,
      agentOptions: agent,
      sandbox,
      upstream,
      conversation: { kind: 'new', agentSessionId: randomUUID() },
      binding: new RunBinding(),
      // An agent that could not be started ahead is tried again by the pool.
      retries: { ...retries, agentStart: { ...retries.agentStart, maxAttempts: 1 } },
      hasFallbackModel: agent.fallbackModel !== undefined,
      cache: cacheStrategyOf(own.cache, { isReplay: false }),
    })
  }
}

/** A cassette holds one run. */
function refuseCassettes({ record, replay }: PerdureRunOptions): void {
  if (record === undefined && replay === undefined) return
  throw new PerdureError('option_not_supported', 'A pool neither records nor replays: a cassette holds one run.', {
    hint: 'Use runAgent.',
  })
}

/** The agents are up already: what they were started with cannot be changed any more. */
function requirePerRun(options: PooledRunOptions): void {
  const other = Object.keys(options).find((name) => !(pooledRunOptions as readonly string[]).includes(name))
  if (other === undefined) return
  throw new PerdureError('invalid_request', `Option ${other} belongs to the pool, not to one of its runs.`, {
    hint: 'Give it to createAgentPool, or use runAgent.',
    details: { option: other },
  })
}

/** A pool of agents that are all started with the same options. */
export const createAgentPool = (options: AgentPoolOptions): AgentPool => new AgentPool(options)
