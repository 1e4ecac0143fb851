import type { Readable, Writable } from 'node:stream'

/** Where an agent's process runs. The driver always spawns through it, also when it isolates nothing. */
export interface SandboxProvider {
  readonly name: 'local' | 'bubblewrap' | 'docker' | 'e2b'
  readonly capabilities: SandboxCapabilities
  /** Whether this machine can keep the provider's promises, and what would mend it. */
  check(): Promise<SandboxCheck>
  /** @throws {PerdureError} `sandbox_unsupported`, `working_directory_missing`. */
  create(specification: SandboxSpecification): Promise<Sandbox>
}

export interface SandboxCapabilities {
  readonly isolation: 'none' | 'namespace' | 'container' | 'microvm'
  readonly network: readonly ('none' | 'allow-list' | 'unrestricted')[]
  readonly signals: readonly SandboxSignal[]
}

export type SandboxSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

export interface SandboxCheck {
  readonly ok: boolean
  /**
   * How far a dead host takes its agents with it. `kernel`: every descendant dies at once, also those
   * that left the process group. `process-group`: those in the group, and the next start reaps the rest.
   */
  readonly reaping: 'kernel' | 'process-group'
  readonly reason?: string
  /** What to do about it, as a command where there is one. */
  readonly remedy?: string
}

export interface SandboxSpecification {
  readonly workingDirectory: string
}

export interface Sandbox {
  readonly provider: SandboxProvider['name']
  readonly workingDirectory: string
  /** Starts a process; its streams work at once. A failure to start arrives through `exited`. */
  spawn(command: SandboxCommand): SandboxProcess
  /** Ends all processes started here, with their descendants; resolves when none is left. */
  destroy(): Promise<void>
}

export interface SandboxCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly workingDirectory: string
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
}

export interface SandboxProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ProcessExit>
  kill(signal: SandboxSignal): void
}

export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: string | null
  /** Set when the process never started. */
  readonly error?: Error
}
