import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { requires } from '../support/require.ts'
import { binPath, plainEnvironment, scratchFolder, scriptPath } from './command-line.ts'

interface Terminal {
  readonly cwd: string
  type(keys: string): void
  /** Resolves once the screen fits. */
  shows(pattern: RegExp): Promise<void>
}

/** A run on a real pseudo-terminal. */
function openTerminal(...args: readonly string[]): Terminal {
  const cwd = scratchFolder()
  const tmux = (...command: readonly string[]): string =>
    execFileSync('tmux', ['-S', join(cwd, 'tmux.sock'), '-f', '/dev/null', ...command], {
      cwd,
      encoding: 'utf8',
      env: plainEnvironment({ TERM: 'xterm-256color' }),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const command = [process.execPath, binPath, 'run', '--script', scriptPath, ...args]
    .map((word) => `'${word}'`)
    .join(' ')
  tmux('new-session', '-d', '-x', '150', '-y', '50', `${command}; echo "exit code $?"; sleep 600`)
  onTestFinished(() => void tmux('kill-server'))
  return {
    cwd,
    type: (keys) => void tmux('send-keys', keys),
    shows: (pattern) =>
      vi.waitFor(() => expect(tmux('capture-pane', '-p', '-S', '-200')).toMatch(pattern), {
        timeout: 30_000,
        interval: 100,
      }),
  }
}

const needsTerminal = requires('tmux')

needsTerminal.test('a person allows a call at the terminal', async () => {
  const terminal = openTerminal('run a command')
  await terminal.shows(/Bash needs your permission\n +command: touch asked\.txt\n[^]*Allow it\?/)
  expect(existsSync(join(terminal.cwd, 'asked.txt'))).toBe(false)
  terminal.type('y\n')
  await terminal.shows(/exit code 0/)
  expect(existsSync(join(terminal.cwd, 'asked.txt'))).toBe(true)
})

needsTerminal.test('a person refuses with a reason, and the agent hears it', async () => {
  const terminal = openTerminal('run a command')
  await terminal.shows(/Allow it\?/)
  terminal.type('not on a Friday\n')
  await terminal.shows(/The tool said: [^]*not on a Friday[^]*exit code 0/)
  expect(existsSync(join(terminal.cwd, 'asked.txt'))).toBe(false)
})

needsTerminal.test('Ctrl-C while the question stands ends the turn and keeps the session', async () => {
  const terminal = openTerminal('run a command')
  await terminal.shows(/Allow it\?/)
  terminal.type('C-c')
  await terminal.shows(/cancelled[^]*perdure run --resume sesn_[^]*exit code 130/)
})
