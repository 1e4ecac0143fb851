export interface SseEvent {
  /** `message` when the stream named none. */
  readonly event: string
  readonly data: string
}

export interface SseParser {
  push(chunk: Uint8Array): void
}

/**
 * Reads server-sent events from bytes in whatever pieces they arrive: characters and line ends (LF,
 * CRLF, CR) may be split. An event that is not yet closed by an empty line is never reported.
 */
export function createSseParser(onEvent: (event: SseEvent) => void): SseParser {
  const decoder = new TextDecoder()
  let rest = ''
  let scanned = 0
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
      rest += decoder.decode(chunk, { stream: true })
      let start = 0
      for (let index = scanned; index < rest.length; index++) {
        const code = rest.charCodeAt(index)
        if (code !== 10 && code !== 13) continue
        // A CR at the very end may be the first half of a CRLF.
        if (code === 13 && index + 1 === rest.length) break
        takeLine(rest.slice(start, index))
        if (code === 13 && rest.charCodeAt(index + 1) === 10) index++
        start = index + 1
      }
      rest = rest.slice(start)
      scanned = rest.endsWith('\r') ? rest.length - 1 : rest.length
    },
  }
}
