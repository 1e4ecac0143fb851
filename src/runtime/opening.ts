import type { Command } from '../domain/command.ts'
import type { SessionStreamEvent } from '../domain/session-event.ts'
import type { PerdureError } from '../errors/perdure-error.ts'
import type { PermissionAnswer, PermissionQuestion } from '../ports/agent-driver.ts'
import type { Held } from './give-back.ts'
import type { JoinOutput } from './join/join-output.ts'
import type { RunCosts } from './metering/run-costs.ts'
import type { OwnEvents } from './own-events.ts'
import type { RunDependencies, RunRequest } from './run-request.ts'

/** What becomes of that which a run hears. */
export interface RunReactions {
  readonly own: OwnEvents
  readonly costs: RunCosts
  readonly onCommand: (command: Command) => void
  readonly onEvent: (event: SessionStreamEvent) => void
  readonly onJoined: (output: JoinOutput) => void
  readonly onPermission: (question: PermissionQuestion) => Promise<PermissionAnswer>
  /** The run cannot go on: it lost its lease, its log or its time. */
  readonly onFailure: (error: PerdureError) => void
}

/** A run that is being opened. */
export interface Opening<Options> {
  readonly dependencies: RunDependencies<Options>
  readonly request: RunRequest<Options>
  readonly reactions: RunReactions
  /** What is to be given back at the end of the run, last taken first. */
  readonly held: Held[]
  /** What a run that cannot begin has to put right in the session. */
  readonly undo: Held[]
}
