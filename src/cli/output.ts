const closed = new AbortController()
let hasFailed = false

/** Aborted once the output takes nothing any more: nobody reads it, as after `| head`, or it cannot be written. */
export const outputClosed: AbortSignal = closed.signal

/** Whether some of the output was lost, as on a full disk. */
export const hasOutputFailed = (): boolean => hasFailed

/** A reader that leaves early is no error; output that cannot be written is one, and ends what is going on. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      closed.abort()
      if (error.code === 'EPIPE') return
      hasFailed = true
      // The last words are written when the exit code is settled already.
      process.exitCode = 1
      if (stream === process.stdout) process.stderr.write(`perdure: the output cannot be written: ${error.message}\n`)
    })
  }
}

export const write = (text: string): void => {
  if (text !== '' && !closed.signal.aborted) process.stdout.write(text)
}

export const writeLine = (line: string): void => write(`${line}\n`)

/** One value a line. A bigint has no place in JSON and is written as its digits. */
export const writeJson = (value: unknown): void =>
  writeLine(JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? member.toString() : member)))

export const writeError = (line: string): void => {
  if (!closed.signal.aborted) process.stderr.write(`${line}\n`)
}
