import { execFile } from 'node:child_process'

/** The first line that a command prints; null when it is not there or does not end well. */
export const firstLineOf = (command: string, ...args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: 20_000 }, (error, stdout) =>
      resolve(error === null ? (stdout.split('\n')[0] ?? '').trim() : null),
    )
  })
