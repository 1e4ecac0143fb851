export interface SseEvent {
  /** `message` when the stream named none. */
  readonly event: string
  readonly data: string
}

const lf = 10
const cr = 13

export interface SseParser {
  push(chunk: Uint8Array): void
}

/**
 * Reads server-sent events from bytes in whatever pieces they arrive: characters and line ends (LF,
 * CRLF, CR) may be split. An event that is not yet closed by an empty line is never reported.
 */
export function createSseParser(onEvent: (event: SseEvent) => void): SseParser {
  const decoder = new TextDecoder()
  // The start of a line that is not complete yet, in pieces: joined once, however long it grows.
  let pending: string[] = []
  let lastWasCr = false
  let event = ''
  let data: string[] = []

  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onEvent({ event: event || 'message', data: data.join('\n') })
      event = ''
      data = []
      return
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
  }

  return {
    push(chunk) {
      const text = decoder.decode(chunk, { stream: true })
      let start = 0
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index)
        if (code === lf && lastWasCr) start = index + 1
        else if (code === lf || code === cr) {
          takeLine(pending.join('') + text.slice(start, index))
          pending = []
          start = index + 1
        }
        lastWasCr = code === cr
      }
      if (start < text.length) pending.push(text.slice(start))
    },
  }
}
