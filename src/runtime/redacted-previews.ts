import { redact } from '../domain/redaction.ts'
import type { PreviewEvent } from '../domain/session-event.ts'
import { tellingLength, unfinishedSecretAt } from '../domain/unfinished-secret.ts'

interface LiveText {
  /** The end of what was shown; too short to tell what it begins. */
  shown: string
  /** Not shown yet: it may be the beginning of a secret. */
  held: string
  readonly last: PreviewEvent
}

/** Live text without secrets, also those that come in pieces: what may be one is held back until that is sure. */
export class RedactedPreviews {
  readonly #texts = new Map<string, LiveText>()

  /** What of this piece can be shown now; null when nothing. */
  take(event: PreviewEvent): PreviewEvent | null {
    const piece = textOf(event)
    if (piece === null || event.type !== 'event_delta') return event
    const { shown, held } = this.#texts.get(event.event_id) ?? { shown: '', held: '' }
    const text = shown + held + piece
    const end = Math.max(shown.length, unfinishedSecretAt(text))
    this.#texts.set(event.event_id, {
      shown: text.slice(0, end).slice(1 - tellingLength),
      held: text.slice(end),
      last: event,
    })
    return withText(event, redactedAfter(shown, text.slice(0, end)))
  }

  /** What was held back of an event that is whole now; null when nothing. */
  rest(eventId: string): PreviewEvent | null {
    const text = this.#texts.get(eventId)
    if (text === undefined) return null
    this.#texts.delete(eventId)
    return withText(text.last, redactedAfter(text.shown, text.shown + text.held))
  }
}

/** The text, redacted, without what was shown of it before. A secret may have begun there. */
function redactedAfter(shown: string, text: string): string {
  const redacted = redact(text)
  let same = 0
  while (same < shown.length && shown[same] === redacted[same]) same++
  return redacted.slice(same)
}

function textOf(event: PreviewEvent): string | null {
  return event.type === 'event_delta' && event.delta.content.type === 'text' ? event.delta.content.text : null
}

function withText(event: PreviewEvent, text: string): PreviewEvent | null {
  if (event.type !== 'event_delta' || text === '') return null
  return { ...event, delta: { ...event.delta, content: { ...event.delta.content, type: 'text', text } } }
}
