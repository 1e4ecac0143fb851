import type { CacheStrategy } from '../domain/cache-strategy.ts'
import type { RunId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentConversation, AgentProcess } from '../ports/agent-driver.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import type { Sandbox } from '../ports/sandbox.ts'
import type { RetryPolicies } from '../ports/retry-policy.ts'
import { giveBack, type Held } from './give-back.ts'
import { RestartingAgent } from './restarting-agent.ts'
import type { RunBinding } from './run-binding.ts'
import type { AgentDependencies } from './agent-dependencies.ts'

export interface AgentStart<Options> {
  readonly runId: RunId
  readonly agentOptions: Options
  /** Belongs to the agent from here on: it is destroyed with it. */
  readonly sandbox: Sandbox
  readonly upstream: ModelUpstream | null
  /** Longest time of its run, after which its way to the model closes. Left out where the run is not known yet. */
  readonly timeoutMs?: number
  readonly conversation: AgentConversation
  readonly binding: RunBinding
  readonly retries: RetryPolicies
  /** The agent was given another model to turn to. */
  readonly hasFallbackModel: boolean
  /** How the prompt cache is used; null: as the agent asks for it. */
  readonly cache: CacheStrategy | null
}

/** An agent whose process is up or on its way, with all that it stands on. */
export interface StartedAgent {
  readonly runId: RunId
  readonly conversation: AgentConversation
  readonly binding: RunBinding
  readonly agent: AgentProcess
  /** Who plays its model. */
  readonly upstream: string
  /** What is to be given back when it is gone, last taken first. */
  readonly held: readonly Held[]
}

/** The run’s own clock starts later than its token’s. */
const tokenMarginMs = 60 * 60_000

/**
 * Starts an agent in its sandbox: path to the model, private folder, process. Waits for a slot, so that no
 * more start at once than the machine can bear.
 * @throws {PerdureError} and gives back what it had taken.
 */
export async function startAgent<Options>(
  dependencies: AgentDependencies<Options>,
  start: AgentStart<Options>,
): Promise<StartedAgent> {
  const held: Held[] = []
  try {
    return await startHolding(dependencies, { ...start, held })
  } catch (error) {
    await giveBack(held)
    throw PerdureError.from(error)
  }
}

async function startHolding<Options>(
  dependencies: AgentDependencies<Options>,
  { held, ...start }: AgentStart<Options> & { held: Held[] },
): Promise<StartedAgent> {
  const { runId, sandbox, upstream, conversation, binding } = start
  held.push(() => sandbox.destroy())
  const gatewayRun = await dependencies.gateway.openRun({
    runId,
    observe: binding.observe,
    account: binding.account,
    retry: { policy: start.retries.modelRequest, hasFallbackModel: start.hasFallbackModel },
    ...(upstream === null ? {} : { upstream }),
    ...(start.cache === null ? {} : { cache: start.cache }),
    ...(start.timeoutMs === undefined ? {} : { tokenTtlMs: start.timeoutMs + tokenMarginMs }),
  })
  held.push(() => gatewayRun.close())
  const configDirectory = await dependencies.createConfigDirectory(runId)
  held.push(() => configDirectory.remove())
  const giveSlotBack = await dependencies.startSlots.take()
  held.push(giveSlotBack)
  const begin = (): AgentProcess =>
    dependencies.driver.start({
      options: start.agentOptions,
      workingDirectory: sandbox.workingDirectory,
      sandbox,
      gateway: gatewayRun,
      conversation,
      transcripts: binding.transcripts,
      configDirectory: configDirectory.path,
      askPermission: binding.askPermission,
      beforeTool: binding.beforeTool,
    })
  const { agentStart } = start.retries
  const agent = agentStart.maxAttempts === 1 ? begin() : new RestartingAgent(begin, agentStart)
  void agent.ready.then(giveSlotBack)
  return { runId, conversation, binding, agent, upstream: gatewayRun.upstream, held }
}

/** Ends an agent and gives back all that it stood on. */
export async function endAgent({ agent, held }: StartedAgent): Promise<void> {
  await agent.stop()
  await giveBack(held)
}
