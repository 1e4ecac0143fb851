import { eventSchemaVersion, type EventDraft, type LoggedEvent } from '../../domain/session-event.ts'

/** An event as a backend keeps it: the payload is the draft's JSON. */
export interface StoredEvent {
  readonly sequence: number
  readonly schemaVersion: number
  readonly payload: string
}

/** Rewrites an event of one schema version into the next one. */
export type EventUpcast = (event: Record<string, unknown>) => Record<string, unknown>

/** By the version they start from. Version 1 is the first, so there is nothing to rewrite yet. */
const eventUpcasts: Readonly<Record<number, EventUpcast>> = {}

export const encodeEvent = (draft: EventDraft): string => JSON.stringify(draft)

/**
 * The event as this version understands it. Unknown types, and rows of a newer version, come back as
 * they were written. A draft that carried a `sequence` of another log gets the one of this log.
 */
export function decodeEvent(stored: StoredEvent, upcasts = eventUpcasts): LoggedEvent {
  let event = JSON.parse(stored.payload) as Record<string, unknown>
  for (let version = stored.schemaVersion; version < eventSchemaVersion; version++) {
    event = upcasts[version]?.(event) ?? event
  }
  event['sequence'] = stored.sequence
  return event as unknown as LoggedEvent
}
