import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessExit, SandboxCommand, SandboxProcess, SandboxSignal } from '../../ports/sandbox.ts'
import { speakTo, watchingShell } from './host-watch.ts'
import { exitThroughWrapper, kernelWrapper } from './kernel-reaping.ts'
import { killRecorded, markerVariable, removeProcessRecord, writeProcessRecord } from './process-record.ts'
import { childrenOf, processesMarked, processStart, sendSignal } from './process-table.ts'

const pollMs = 5
/** A wrapper that has not started its command by then is taken for stuck. */
const startLimitMs = 2_000

export interface LocalProcessOptions {
  readonly reaping: 'kernel' | 'process-group'
  readonly stateDirectory: string | undefined
}

export interface LocalProcess extends SandboxProcess {
  /** Kills it with all its descendants; resolves when none is left. */
  destroy(): Promise<void>
}

/** Starts one process of the `local` sandbox, with all that it takes to end it again. */
export function startLocalProcess(command: SandboxCommand, options: LocalProcessOptions): LocalProcess {
  const marker = randomUUID()
  const child = spawnChild(command, marker, options)
  const record = { marker, pid: child.pid ?? 0, start: child.pid === undefined ? '' : (processStart(child.pid) ?? '') }
  if (options.stateDirectory !== undefined && child.pid !== undefined) {
    const host = { hostPid: process.pid, hostStart: processStart(process.pid) ?? '' }
    try {
      writeProcessRecord(options.stateDirectory, { ...record, ...host })
    } catch (error) {
      // Nobody would know of it: it must not live.
      killRecorded(record)
      throw error
    }
  }
  const exited = options.reaping === 'kernel' ? exitOf(child).then(exitThroughWrapper) : exitOf(child)
  const listener = child.stdio[3]
  if (listener !== undefined && listener !== null) speakTo(listener as Writable, exited)
  const kill = options.reaping === 'kernel' ? signalNamespace : signalGroup
  // A process that ends leaves no descendants behind, whether or not anyone calls destroy.
  const gone = exited.then(async () => {
    if (options.reaping === 'process-group' && child.pid !== undefined) await sweep(record)
    if (options.stateDirectory !== undefined) removeProcessRecord(options.stateDirectory, marker)
  })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    kill: (signal) => void kill(child, signal),
    destroy: async () => {
      if (isRunning(child)) await kill(child, 'SIGKILL')
      await gone
    },
  }
}

function spawnChild(
  command: SandboxCommand,
  marker: string,
  options: LocalProcessOptions,
): ChildProcessWithoutNullStreams {
  // A binary that is not there shall fail as such, not as an exit of the wrapper.
  const missing = isAbsolute(command.command) && !existsSync(command.command)
  const isWrapped = options.reaping === 'kernel' && !missing
  const isWatched = isWrapped && watchingShell !== null
  const prefix = isWrapped ? kernelWrapper(watchingShell ?? undefined) : []
  const [file, ...args] = [...prefix, command.command, ...command.args]
  return spawn(file!, args, {
    cwd: command.workingDirectory,
    env: { ...command.environment, [markerVariable]: marker },
    // A group of its own also keeps the terminal's Ctrl-C from the agent: the host decides how it ends.
    detached: true,
    stdio: isWatched ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'],
  })
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<ProcessExit> {
  // A pipe may break at any time; the exit says what happened.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  return new Promise((resolve) => {
    child.once('error', (error) => child.pid === undefined && resolve({ exitCode: null, signal: null, error }))
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
}

const isRunning = (child: ChildProcessWithoutNullStreams): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

async function signalGroup(child: ChildProcessWithoutNullStreams, signal: SandboxSignal): Promise<void> {
  if (!isRunning(child)) return
  // Only a kill is for all: a gentle signal goes to the agent, which ends its own children.
  if (signal === 'SIGKILL') sendSignal(-child.pid!, signal)
  else sendSignal(child.pid!, signal)
}

/** The wrapper and the shell in it only wait: signals go to the command, with whose end they end. */
async function signalNamespace(child: ChildProcessWithoutNullStreams, signal: SandboxSignal): Promise<void> {
  const command = await commandInNamespace(child)
  if (isRunning(child)) sendSignal(command ?? child.pid!, command === null ? 'SIGKILL' : signal)
}

/** Wrapper, shell, command: a few milliseconds after the start, each the only child of the one before, or the last beside the watch. */
async function commandInNamespace(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  for (let waitedMs = 0; waitedMs < startLimitMs && isRunning(child); waitedMs += pollMs) {
    const command = childrenOf(child.pid!).flatMap(childrenOf)[watchingShell === null ? 0 : 1]
    if (command !== undefined) return command
    await delay(pollMs)
  }
  return null
}

/** Kills what a process left in its group or took out of it, until nothing is found any more. */
async function sweep(record: { marker: string; pid: number; start: string }): Promise<void> {
  sendSignal(-record.pid, 'SIGKILL')
  while (killRecorded(record).length > 0 || processesMarked(`${markerVariable}=${record.marker}`).length > 0) {
    await delay(pollMs)
  }
}
