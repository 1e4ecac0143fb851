import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { ProcessExit, SandboxCheck } from '../../ports/sandbox.ts'

const folders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin']

/**
 * Runs a command in a process id namespace that dies with its parent. `setpriv` makes the kernel kill
 * `unshare` with the host, `unshare` kills the namespace's first process, and with it goes every process
 * inside, also those that left group or session. That first process is a shell that waits: a first
 * process ignores every signal it has no handler for, and must bury the orphans of all the others.
 *
 * The parent is the thread that spawns: spawn from the main thread. The paths are absolute, because an
 * agent's own PATH need not hold them.
 */
export function kernelWrapper(first = waitingShell): readonly string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']
  const namespace = [...user, '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--']
  const shell = ['/bin/sh', '-c', first]
  return [locate('setpriv'), '--pdeathsig', 'KILL', '--', locate('unshare'), ...namespace, ...shell]
}

const waitingShell = '"$0" "$@"; exit $?'

/**
 * How the command ended, from how the wrapper did: the shell in it tells a death by signal as 128 and
 * the signal. Only signals that no program turns into an exit code of its own are read back.
 */
export function exitThroughWrapper(exit: ProcessExit): ProcessExit {
  const signal = deaths.find((name) => exit.exitCode === 128 + constants.signals[name])
  return signal === undefined ? exit : { exitCode: null, signal }
}

const deaths = ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL'] as const

export const locate = (name: string): string =>
  folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? name

let probed: Promise<SandboxCheck> | undefined

/** Whether the kernel of this machine reaps agents; asked once per process. */
export const probeKernelReaping = (): Promise<SandboxCheck> => (probed ??= probe())

async function probe(): Promise<SandboxCheck> {
  if (process.platform !== 'linux') {
    return { ok: true, reaping: 'process-group', reason: 'Process id namespaces are a feature of Linux.' }
  }
  const [command, ...args] = [...kernelWrapper(), 'true']
  const failure = await run(command, args)
  if (failure === null) return { ok: true, reaping: 'kernel' }
  return {
    ok: true,
    reaping: 'process-group',
    reason: `This machine does not give an agent a process id namespace: ${failure}`,
    remedy: failure.includes('ENOENT') ? 'apt-get install util-linux' : 'sysctl kernel.unprivileged_userns_clone=1',
  }
}

/** Resolves to null when the command ends well, otherwise to what went wrong. */
function run(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 5_000, killSignal: 'SIGKILL' })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : stderr.trim() || `ended with ${code ?? signal}`))
  })
}
