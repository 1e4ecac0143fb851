import { spawn } from 'node:child_process'
import type { SandboxCheck } from '../../ports/sandbox.ts'

/**
 * A process id namespace that dies with its parent. `setpriv` makes the kernel kill `unshare` with the
 * host, `unshare` kills the namespace's first process, and with it goes every process inside, also those
 * that left group or session. The parent is the thread that spawns: spawn from the main thread.
 */
const wrapper = (asRoot: boolean): readonly string[] => [
  'setpriv', '--pdeathsig', 'KILL', '--',
  'unshare', ...(asRoot ? [] : ['--user', '--map-current-user']),
  '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--',
] // prettier-ignore

export const kernelWrapper = (): readonly string[] => wrapper(process.getuid?.() === 0)

let probed: Promise<SandboxCheck> | undefined

/** Whether the kernel of this machine reaps agents; asked once per process. */
export const probeKernelReaping = (): Promise<SandboxCheck> => (probed ??= probe())

async function probe(): Promise<SandboxCheck> {
  if (process.platform !== 'linux') {
    return { ok: true, reaping: 'process-group', reason: 'Process id namespaces are a feature of Linux.' }
  }
  const [command, ...args] = [...kernelWrapper(), 'true']
  const failure = await run(command!, args)
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
