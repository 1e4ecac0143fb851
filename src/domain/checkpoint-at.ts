import { isRewind } from './branches.ts'
import type { CheckpointId } from './checkpoint-id.ts'
import type { CheckpointReason } from './perdure-event.ts'
import type { EventOfType, LoggedEvent } from './session-event.ts'

/** A saved work tree that holds what the files were at some event. */
export interface CheckpointAt {
  readonly checkpointId: CheckpointId
  readonly workingDirectory: string
  /** The event that says so. */
  readonly sequence: number
}

/**
 * What the files were at an event of a whole log: the checkpoint after it, when the agent did nothing in between; else
 * the newest one until then. A rewind with its files is one of these, and one without them leaves the files as they were.
 * Before the first checkpoint the files were what the first run found. Null when nothing was saved.
 */
export function checkpointAt(events: readonly LoggedEvent[], sequence: number): CheckpointAt | null {
  const until = events.slice(0, sequence)
  const newest = until.findLast((event) => checkpointOf(event) !== null)
  const isExact = newest !== undefined && newest === until.at(-1)
  const after = isExact
    ? undefined
    : nextOfSameFiles(events.slice(sequence), { isFirst: newest === undefined, isAtWork: isAtWork(until) })
  const chosen = after ?? newest
  return chosen === undefined ? null : checkpointOf(chosen)
}

function checkpointOf(event: LoggedEvent): CheckpointAt | null {
  const { sequence } = event
  if (event.type !== 'perdure.checkpoint_saved' && !isRewind(event)) return null
  const { checkpoint_id: checkpointId, working_directory: workingDirectory } = event
  return checkpointId === null ? null : { checkpointId, workingDirectory, sequence }
}

function nextOfSameFiles(
  events: readonly LoggedEvent[],
  at: { isFirst: boolean; isAtWork: boolean },
): EventOfType<'perdure.checkpoint_saved'> | undefined {
  let { isAtWork: mayHaveChanged } = at
  for (const event of events) {
    switch (event.type) {
      case 'perdure.checkpoint_saved': {
        // The tools of a run wait for it, though their calls may stand in the log before.
        const isUntouched =
          event.reason === 'run_started' || (!mayHaveChanged && (at.isFirst || ofTheAgent.has(event.reason)))
        return isUntouched ? event : undefined
      }
      case 'agent.tool_use':
      case 'agent.mcp_tool_use':
        mayHaveChanged = true
        break
      case 'perdure.run_started':
        if (!at.isFirst) return
        break
      case 'perdure.session_rewound':
      case 'perdure.checkpoint_failed':
        return
      default:
    }
  }
  return
}

/** Between two runs the files are in other hands. */
const ofTheAgent: ReadonlySet<CheckpointReason> = new Set(['turn_ended', 'run_ended', 'before_tool'])

/** Whether a call was under way. */
function isAtWork(events: readonly LoggedEvent[]): boolean {
  const open = new Set<string>()
  for (const event of events) {
    if (isCall(event)) open.add(event.id)
    else if (event.type === 'agent.tool_result') open.delete(event.tool_use_id)
    else if (event.type === 'agent.mcp_tool_result') open.delete(event.mcp_tool_use_id)
    else if (event.type === 'perdure.tool_results_unknown') for (const id of event.tool_use_event_ids) open.delete(id)
    else if (isRewind(event)) open.clear()
  }
  return open.size > 0
}

const isCall = (event: LoggedEvent): event is EventOfType<'agent.tool_use' | 'agent.mcp_tool_use'> =>
  event.type === 'agent.tool_use' || event.type === 'agent.mcp_tool_use'
