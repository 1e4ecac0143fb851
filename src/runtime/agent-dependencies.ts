import type { RunId } from '../domain/ids.ts'
import type { AgentDriver } from '../ports/agent-driver.ts'
import type { ModelGateway } from '../ports/model-gateway.ts'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { StartSlots } from './start-slots.ts'

/** What an agent is started with. */
export interface AgentDependencies<Options> {
  readonly driver: AgentDriver<Options>
  readonly gateway: ModelGateway
  readonly sandboxes: SandboxProvider
  readonly startSlots: StartSlots
  /** A private, empty folder for the agent's own files, removed after the run. */
  readonly createConfigDirectory: (runId: RunId) => Promise<ConfigDirectory>
}

export interface ConfigDirectory {
  readonly path: string
  remove(): Promise<void>
}
