import type { Session } from '../../compose/session.ts'
import type { LoggedEvent } from '../../domain/session-event.ts'
import { writeJson, writeLine } from '../output.ts'
import { createStyle } from '../render/style.ts'
import { Timeline } from '../render/timeline.ts'

/** Writes the events of one session: as the log has them, or as lines of a timeline. */
export function eventWriter(
  { record }: Session,
  { isJson, isLeft }: { readonly isJson: boolean; readonly isLeft?: (event: LoggedEvent) => boolean },
): (event: LoggedEvent) => void {
  if (isJson) return writeJson
  const columns = process.stdout.columns ?? 120
  const timeline = new Timeline({
    style: createStyle(process.stdout),
    columns,
    startedAt: record.createdAt,
    ...(isLeft === undefined ? {} : { isLeft }),
  })
  return (event) => writeLine(timeline.line(event))
}
