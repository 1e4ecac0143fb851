import { randomUUID } from 'node:crypto'
import type { AgentConversation } from '../ports/agent-driver.ts'
import type { Sandbox } from '../ports/sandbox.ts'
import type { Opening } from './opening.ts'
import { RunBinding, type BoundRun } from './run-binding.ts'
import { endAgent, startAgent, type StartedAgent } from './start-agent.ts'

export type AgentPlace = StartedAgent | Sandbox

/**
 * Where the agent is: up already, on its way, or a sandbox to start it in. What cannot be had fails here,
 * before the session is touched. A new session's agent is started now: its process comes up while the
 * session is written down, and it is told nothing before that.
 */
export async function agentPlace<Options>({ dependencies, request, held }: Opening<Options>): Promise<AgentPlace> {
  if (request.warm !== null) {
    const { warm } = request
    held.push(() => endAgent(warm))
    return warm
  }
  const sandbox = await dependencies.sandboxes.create({ workingDirectory: request.workingDirectory })
  if (request.create === null) {
    held.push(() => sandbox.destroy())
    return sandbox
  }
  const conversation: AgentConversation = { kind: 'new', agentSessionId: randomUUID() }
  const started = await startAgent(dependencies, {
    ...request,
    sandbox,
    conversation,
    binding: new RunBinding(),
  })
  held.push(() => endAgent(started))
  return started
}

/** The agent that is up already, or a new one, tied to this run. */
export async function agentFor<Options>(
  { dependencies, request, held }: Opening<Options>,
  { place, conversation }: { place: AgentPlace; conversation: AgentConversation },
  run: BoundRun,
): Promise<StartedAgent> {
  if ('agent' in place) {
    place.binding.bind(run)
    return place
  }
  const binding = new RunBinding()
  binding.bind(run)
  const started = await startAgent(dependencies, { ...request, sandbox: place, conversation, binding })
  held.push(() => endAgent(started))
  return started
}
