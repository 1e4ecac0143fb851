/** What signals do to a run. */
export interface Interruptible {
  interrupt(): Promise<void>
  abort(reason?: string): Promise<void>
}

export interface InterruptOptions {
  /** Whether the agent has begun its turn; before that there is nothing to interrupt. */
  readonly isTurnRunning: () => boolean
  readonly note: (text: string) => void
}

/**
 * Ctrl-C once ends the turn and keeps the session, twice ends the run, three times this process. A
 * request to terminate ends the run. Returns the way to stop listening.
 */
export function handleInterrupts(run: Interruptible, { isTurnRunning, note }: InterruptOptions): () => void {
  let times = 0
  const onInterrupt = (): void => {
    times += 1
    if (times >= 3) process.exit(130)
    if (times === 2 || !isTurnRunning()) {
      times = 2
      note('Aborting the run …')
      return void run.abort('The run was aborted from the command line.')
    }
    note('Interrupting the turn … (again to abort the run)')
    void run.interrupt()
  }
  const onTerminate = (): void => void run.abort('The process was asked to terminate.')
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  process.on('SIGHUP', onTerminate)
  return () => {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
    process.off('SIGHUP', onTerminate)
  }
}
