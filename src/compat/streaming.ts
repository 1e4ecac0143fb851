import { deliverStreamEvent, type StreamCallbacks, type StreamEvent } from '../compose/python-agent/stream-event.ts'

export type { RawTokenUsage, StreamCallbacks, StreamEvent } from '../compose/python-agent/stream-event.ts'
export type { TokenUsage } from './cost-tracking.ts'

const eventTypes: ReadonlySet<unknown> = new Set<StreamEvent['type']>([
  'start',
  'text',
  'thinking',
  'tool_use',
  'tool_result',
  'error',
  'result',
  'complete',
])

/** The event of one line of a stream; null for whatever else the line is. */
export function parseStreamEvent(line: string): StreamEvent | null {
  const value = parseJson(line)
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value)) return null
  const isEvent = eventTypes.has(value.type) && typeof value.data === 'object' && value.data !== null
  return isEvent ? (value as StreamEvent) : null
}

/** Writes each event of a stream to standard output for a person to read, and calls its callback. Takes whole lines. */
export function createConsoleStreamHandler(callbacks: StreamCallbacks = {}): (data: string) => void {
  return (data) => {
    const event = parseStreamEvent(data)
    process.stdout.write(event === null ? data : consoleText(event))
    if (event !== null) deliverStreamEvent(event, callbacks)
  }
}

/** Takes a stream in pieces of any size. */
export interface LineBufferedHandler {
  (data: string): void
  /** Delivers what came after the last newline; call it when the stream has ended. */
  flush(): void
}

/**
 * Gives a handler whole lines without their ends, empty ones left out. A line that is a complete JSON
 * object is delivered without waiting for its newline, so whatever follows an object on its line comes
 * as a line of its own; any other last line is delivered by `flush`.
 */
export function createLineBufferedHandler(handler: (line: string) => void): LineBufferedHandler {
  let rest = ''
  const deliver = (line: string): void => {
    if (line.trim() !== '') handler(line)
  }
  const flush = (): void => {
    const line = rest
    rest = ''
    deliver(line)
  }
  const take = (data: string): void => {
    const lines = (rest + data).split(/\r?\n/)
    rest = lines.pop() ?? ''
    lines.forEach(deliver)
    if (rest.trimEnd().endsWith('}') && parseJson(rest) !== undefined) flush()
  }
  return Object.assign(take, { flush })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function consoleText(event: StreamEvent): string {
  switch (event.type) {
    case 'start':
      return 'Agent started.\n'
    case 'text':
      return event.data.text
    case 'thinking':
      return `\n[thinking] ${shorten(event.data.thinking)}\n`
    case 'tool_use':
      return `\n[${event.data.name}] ${shorten(JSON.stringify(event.data.input) ?? '')}\n`
    case 'tool_result':
      return `[${event.data.is_error === true ? 'failed' : 'result'}] ${shorten(event.data.content)}\n`
    case 'error':
      return `\n[error] ${event.data.message}\n`
    case 'result':
      return `\nDone in ${(event.data.duration_ms / 1000).toFixed(2)} s for $${event.data.cost.toFixed(4)}.\n`
    case 'complete':
      return `Agent finished: ${event.data.status}\n`
  }
}

const shorten = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`)
