import { spawn } from 'node:child_process'
import { PerdureError } from '../../errors/perdure-error.ts'

export interface CredentialCommand {
  /** The program and its arguments, run as they are; or one line for the shell. */
  readonly command: readonly [string, ...string[]] | { readonly shell: string }
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

const mostBytes = 64 * 1024

/**
 * What the command prints, without white space around it. Its output is in no error: it might be the key.
 * @throws {PerdureError} `credentials_failed`; `credentials_missing` when it succeeds and prints nothing.
 */
export async function runCredentialCommand({ command, timeoutMs, environment }: CredentialCommand): Promise<string> {
  const isShell = 'shell' in command
  const [program, ...args] = isShell ? [command.shell] : command
  // A group of its own, so that what a shell started ends with it.
  const child = spawn(program, args, {
    shell: isShell,
    detached: process.platform !== 'win32',
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  })
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise<string>((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer)
      reject(new PerdureError('credentials_failed', `The command that gives the key ${reason}.`))
      endGroup(child.pid)
      child.stdout.destroy()
    }
    const timer = setTimeout(() => fail(`did not end within ${timeoutMs / 1000} seconds`), timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) return fail(`printed more than ${mostBytes} bytes`)
      chunks.push(chunk)
    })
    child.once('error', (error: NodeJS.ErrnoException) => fail(`could not be started: ${error.code ?? error.name}`))
    child.once('exit', (code, signal) => {
      if (code !== 0) fail(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`)
    })
    child.once('close', () => {
      clearTimeout(timer)
      const value = Buffer.concat(chunks).toString('utf8').trim()
      if (value !== '') return resolve(value)
      reject(new PerdureError('credentials_missing', 'The command that gives the key printed nothing.'))
    })
  })
}

function endGroup(processId: number | undefined): void {
  if (processId === undefined) return
  try {
    process.kill(process.platform === 'win32' ? processId : -processId, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
