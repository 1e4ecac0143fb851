const closed = new AbortController()

/** Aborted once nobody reads the output any more, as after `| head`. */
export const outputClosed: AbortSignal = closed.signal

/** A reader that leaves early is no error. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      closed.abort()
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
