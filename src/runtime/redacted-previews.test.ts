import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rememberSecret } from '../domain/known-secrets.ts'
import { redact } from '../domain/redaction.ts'
import type { PreviewEvent } from '../domain/session-event.ts'
import { RedactedPreviews } from './redacted-previews.ts'

const letters = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA'
const known = `tracker secret ${letters}`
rememberSecret(known)
const secrets = [
  `sk-ant-api03-${letters}`,
  `eyJ${letters}.eyJ${letters}.${letters}`,
  'AKIAABCDEFGHIJKLMNOP',
  known,
  `-----BEGIN PRIVATE KEY-----\n${letters}${letters}\n-----END PRIVATE KEY-----`,
]

const delta = (text: string): PreviewEvent => ({
  type: 'event_delta',
  event_id: 'sevt_1',
  delta: { type: 'content_delta', index: 0, content: { type: 'text', text } },
})

/** What is shown of a text that comes in these pieces, one string for each event. */
function shownOf(pieces: readonly string[]): string[] {
  const previews = new RedactedPreviews()
  const events = [...pieces.map((piece) => previews.take(delta(piece))), previews.rest('sevt_1')]
  return events.flatMap((event) =>
    event?.type === 'event_delta' && event.delta.content.type === 'text' ? [event.delta.content.text] : [],
  )
}

const cut = (text: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((left, right) => left - right)
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}
const word = fc.oneof(
  fc.constantFrom(...secrets),
  fc.lorem({ maxCount: 4 }),
  fc.constantFrom('sk-', 'a Bearer of', 'eye'),
)
const anyText = fc.array(word).map((words) => words.join(' '))
const anyPlaces = fc.array(fc.nat(400), { maxLength: 40 })

describe('live text', () => {
  test('never shows a secret, wherever it is cut', () => {
    fc.assert(
      fc.property(anyText, anyPlaces, (text, places) => {
        const shown = shownOf(cut(text, places)).join('')
        for (const secret of secrets) {
          expect(shown).not.toContain(secret)
          // Two letters of its beginning may have been shown before it could be known.
          expect(shown).not.toContain(secret.slice(2))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('is, but for secrets, what was said', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), anyPlaces, (text, places) => {
        expect(shownOf(cut(text, places)).join('')).toBe(text)
      }),
    )
  })

  test('letter by letter is redacted as a whole, but for two letters at most', () => {
    for (const secret of secrets) {
      const text = `It is ${secret}, I think.`
      expect(
        shownOf(text.split(''))
          .join('')
          .replace(/(\S\S)?\[redacted/, '[redacted'),
      ).toBe(redact(text))
    }
  })

  test('comes at once where nothing begins a secret', () => {
    expect(shownOf(['Hello', ' there,', ' case', '.'])).toEqual(['Hello', ' there,', ' case', '.'])
  })
})
