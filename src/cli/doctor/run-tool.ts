import { execFile } from 'node:child_process'

/** The line in which a command names its version; null when it is not there or does not end well. */
export const versionLineOf = (command: string, ...args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: 20_000 }, (error, stdout) =>
      resolve(error === null ? versionLine(stdout.split('\n')) : null),
    )
  })

const versionLine = (lines: readonly string[]): string =>
  (lines.find((line) => /\d\.\d/.test(line)) ?? lines[0] ?? '').trim()
