import type { CheckpointAt } from './checkpoint-at.ts'
import type { LoggedEvent } from './session-event.ts'

/**
 * The folder where the files of a checkpoint are by the end of a whole log: they follow where they were restored since, as
 * on another machine, whose folder of the old path may be somebody else's.
 */
export function folderSince(events: readonly LoggedEvent[], at: CheckpointAt): string {
  let folder = at.workingDirectory
  let newest = folder
  for (const event of events.slice(at.sequence)) {
    const named = folderOf(event)
    if (named === null) continue
    if (event.type === 'perdure.files_restored' && folder === newest) folder = named
    newest = named
  }
  return folder
}

function folderOf(event: LoggedEvent): string | null {
  switch (event.type) {
    case 'perdure.checkpoint_saved':
      return event.working_directory
    case 'perdure.session_rewound':
      return event.checkpoint_id === null ? null : event.working_directory
    case 'perdure.files_restored':
      return event.working_directory ?? null
    default:
      return null
  }
}
