import type { SpawnedProcess, SpawnOptions } from '@anthropic-ai/claude-agent-sdk'
import { EventEmitter } from 'node:events'
import type { ProcessExit, Sandbox, SandboxProcess, SandboxSignal } from '../../ports/sandbox.ts'

const stderrTailLength = 4_000

/** The agent's one process, as seen from outside the SDK. */
export interface SpawnWatch {
  readonly process: SandboxProcess | undefined
  readonly exit: ProcessExit | undefined
  /** The end of what the agent wrote to its standard error. */
  readonly stderrTail: string
}

export interface SandboxSpawner {
  readonly spawn: (options: SpawnOptions) => SpawnedProcess
  readonly watch: SpawnWatch
}

export interface SandboxSpawnerOptions {
  readonly sandbox: Sandbox
  /** Called as soon as the process runs, which may be after it was already told to end. */
  readonly onSpawned: () => void
  readonly onStderr: ((data: string) => void) | undefined
}

/** Lets the SDK start the agent in a sandbox, and keeps an eye on the process. */
export function createSandboxSpawner({ sandbox, onSpawned, onStderr }: SandboxSpawnerOptions): SandboxSpawner {
  const watch: { -readonly [Name in keyof SpawnWatch]: SpawnWatch[Name] } = {
    process: undefined,
    exit: undefined,
    stderrTail: '',
  }
  const spawn = (options: SpawnOptions): SpawnedProcess => {
    const started = sandbox.spawn({
      command: options.command,
      args: options.args,
      workingDirectory: options.cwd ?? sandbox.workingDirectory,
      environment: Object.fromEntries(
        Object.entries(options.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
      ),
    })
    watch.process = started
    started.stderr.setEncoding('utf8').on('data', (data: string) => {
      watch.stderrTail = (watch.stderrTail + data).slice(-stderrTailLength)
      onStderr?.(data)
    })
    void started.exited.then((exit) => (watch.exit = exit))
    onSpawned()
    return new SpawnedInSandbox(started, options.signal)
  }
  return { spawn, watch }
}

/** The shape of a child process that the SDK expects. */
class SpawnedInSandbox extends EventEmitter implements SpawnedProcess {
  readonly stdin: SpawnedProcess['stdin']
  readonly stdout: SpawnedProcess['stdout']
  killed = false
  exitCode: number | null = null
  signalCode: NodeJS.Signals | null = null
  readonly #process: SandboxProcess

  constructor(process: SandboxProcess, signal: AbortSignal) {
    super()
    this.#process = process
    this.stdin = process.stdin
    this.stdout = process.stdout
    signal.addEventListener('abort', () => this.kill('SIGTERM'), { once: true })
    void process.exited.then((exit) => this.#ended(exit))
  }

  kill(signal: NodeJS.Signals): boolean {
    this.killed = true
    this.#process.kill(isSandboxSignal(signal) ? signal : 'SIGTERM')
    return true
  }

  #ended(exit: ProcessExit): void {
    this.exitCode = exit.exitCode
    this.signalCode = exit.signal as NodeJS.Signals | null
    if (exit.error === undefined) this.emit('exit', this.exitCode, this.signalCode)
    else if (this.listenerCount('error') > 0) this.emit('error', exit.error)
  }
}

const isSandboxSignal = (signal: string): signal is SandboxSignal =>
  signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGKILL'
