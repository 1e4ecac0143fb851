import { statSync } from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Sandbox, SandboxProvider } from '../../ports/sandbox.ts'
import { probeKernelReaping } from './kernel-reaping.ts'
import { startLocalProcess, type LocalProcess } from './local-process.ts'
import { reapOrphans } from './process-record.ts'

export interface LocalSandboxOptions {
  /**
   * Where started processes are written down, so that the first sandbox after a crash of the host finds and
   * ends what the crash left. Nothing is written without it.
   */
  readonly stateDirectory?: string
  /** `kernel` where the machine allows it, unless the weaker way is asked for. */
  readonly reaping?: 'kernel' | 'process-group'
}

/**
 * Runs agents as plain processes of this machine, with this user's rights: it isolates nothing. What it
 * promises is the end: a process takes all its descendants with it, and a dead host takes its agents.
 */
export function createLocalSandboxProvider(options: LocalSandboxOptions = {}): SandboxProvider {
  const check: SandboxProvider['check'] = async () =>
    options.reaping === 'process-group' ? { ok: true, reaping: 'process-group' } : probeKernelReaping()
  let reaped = false
  return {
    name: 'local',
    capabilities: { isolation: 'none', network: ['unrestricted'], signals: ['SIGINT', 'SIGTERM', 'SIGKILL'] },
    check,
    create: async ({ workingDirectory }) => {
      requireFolder(workingDirectory)
      if (options.stateDirectory !== undefined && !reaped) reapOrphans(options.stateDirectory)
      reaped = true
      const { reaping, reason } = await check()
      if (options.reaping === 'kernel' && reaping !== 'kernel') {
        throw new PerdureError('sandbox_unsupported', reason ?? 'This machine cannot reap agents by its kernel.')
      }
      return createSandbox(workingDirectory, { reaping, stateDirectory: options.stateDirectory })
    },
  }
}

function createSandbox(workingDirectory: string, options: Parameters<typeof startLocalProcess>[1]): Sandbox {
  const processes = new Set<LocalProcess>()
  return {
    provider: 'local',
    workingDirectory,
    spawn: (command) => {
      requireFolder(command.workingDirectory)
      const started = startLocalProcess(command, options)
      processes.add(started)
      void started.exited.then(() => started.destroy()).then(() => processes.delete(started))
      return started
    },
    destroy: async () => {
      await Promise.all([...processes].map((started) => started.destroy()))
    },
  }
}

/** A missing folder would surface as a launch failure of the binary, which misleads. */
function requireFolder(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return
  const message = stat === undefined ? `The working directory ${path} does not exist.` : `${path} is not a folder.`
  throw new PerdureError('working_directory_missing', message, { details: { path } })
}
