import type { EventId } from '../../domain/ids.ts'
import type { PreviewEvent } from '../../domain/session-event.ts'

export type PreviewedType = 'agent.message' | 'agent.thinking'

export const previewStart = (id: EventId, type: PreviewedType): PreviewEvent => ({
  type: 'event_start',
  event: { id, type },
})

/** A message is logged with one text, so its fragments all belong to content element 0. */
export const previewDelta = (id: EventId, text: string): PreviewEvent => ({
  type: 'event_delta',
  event_id: id,
  delta: { type: 'content_delta', index: 0, content: { type: 'text', text } },
})
