import type { AgentReport } from '../../ports/agent-report.ts'

/** Knows which inputs an agent still owes an answer to, and whether a turn is under way. */
export class InputLedger {
  readonly #owed = new Set<string>()
  #closed = false
  #running = false

  /** True from the start of a turn to its result. */
  get runningTurn(): boolean {
    return this.#running
  }

  /** Inputs were sent that no result covers. */
  get unfinished(): boolean {
    return this.#owed.size > 0
  }

  /** No more input comes, and nothing is left to do. */
  get finished(): boolean {
    return this.#closed && !this.#running && this.#owed.size === 0
  }

  sent(uuid: string): void {
    this.#owed.add(uuid)
  }

  close(): void {
    this.#closed = true
  }

  heed(report: AgentReport): void {
    if (report.type === 'agent_started') this.#running = true
    if (report.type === 'input_state' && (report.state === 'completed' || report.state === 'cancelled')) {
      this.#owed.delete(report.inputUuid)
    }
    if (report.type === 'turn_ended') {
      this.#running = false
      for (const uuid of report.inputUuids) this.#owed.delete(uuid)
    }
  }
}
