import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser, type SseEvent } from './sse-parser.ts'

function parse(chunks: readonly Uint8Array[]): SseEvent[] {
  const events: SseEvent[] = []
  const parser = createSseParser((event) => events.push(event))
  for (const chunk of chunks) parser.push(chunk)
  return events
}

const parseText = (text: string): SseEvent[] => parse([Buffer.from(text)])

describe('createSseParser', () => {
  it('reads event and data, and names an unnamed event `message`', () => {
    expect(parseText('event: ping\ndata: {}\n\ndata:x\n\n')).toEqual([
      { event: 'ping', data: '{}' },
      { event: 'message', data: 'x' },
    ])
  })

  it('joins data lines, and skips comments, unknown fields and events without data', () => {
    expect(parseText(': hello\nid: 7\ndata: a\ndata:  b\nretry\n\nevent: empty\n\n')).toEqual([
      { event: 'message', data: 'a\n b' },
    ])
  })

  it('does not report an event that is not closed', () => {
    expect(parseText('data: a\n\ndata: b\n')).toEqual([{ event: 'message', data: 'a' }])
  })

  it('reads the same events however the bytes are cut and whatever ends the lines', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll(/[\r\n]/g, ''))
    const events = fc.array(fc.record({ event: fc.constantFrom('a', 'content_block_delta'), data: text }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(
        events,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (sent, eol, cuts) => {
          const bytes = Buffer.from(
            sent.map(({ event, data }) => `event: ${event}${eol}data: ${data}${eol}${eol}`).join(''),
          )
          const chunks: Uint8Array[] = []
          for (let start = 0; start < bytes.length;) {
            const length = cuts.next().value as number
            chunks.push(bytes.subarray(start, start + length))
            start += length
          }
          expect(parse(chunks)).toEqual(sent)
        },
      ),
    )
  })
})
