import type { RunOutcome } from '../../domain/outcome.ts'
import type { SessionStreamEvent } from '../../domain/session-event.ts'

/** Where a run is shown. */
export interface RunView {
  show(event: SessionStreamEvent): void
  /** Words of the command line itself, between the events. */
  note(text: string): void
  end(outcome: RunOutcome): void
}
