import type { runAgent } from '../../compose/run-agent.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { handleInterrupts } from './interrupts.ts'
import type { RunView } from './run-view.ts'

type Run = ReturnType<typeof runAgent>

export interface DriveOptions {
  readonly view: RunView
  /** Calls that wait are decided by the person at the terminal. */
  readonly asks: boolean
}

/** Shows a run until its end, lets signals steer it, and has its questions answered where somebody can. */
export async function driveRun(run: Run, { view, asks }: DriveOptions): Promise<RunOutcome> {
  let isTurnRunning = false
  const withdrawn = new AbortController()
  const forget = run.onEvent(({ type }) => {
    if (type === 'session.status_running') isTurnRunning = true
    if (type === 'user.interrupt' || type === 'perdure.run_ended') withdrawn.abort()
  })
  const stopListening = handleInterrupts(run, { isTurnRunning: () => isTurnRunning, note: view.note })
  const decide = createApprovalDesk({
    ask: (call) => askOnTerminal(call, withdrawn.signal),
    approve: (id) => run.approve(id),
    deny: (id, reason) => run.deny(id, reason),
  })
  try {
    // Reads on only when a question is answered, so nothing is written across it.
    for await (const event of run) {
      view.show(event)
      if (asks) await decide(event)
    }
    const outcome = await run
    view.end(outcome)
    return outcome
  } finally {
    stopListening()
    forget()
  }
}
