import { isPreview, type LoggedEvent, type PreviewEvent, type SessionStreamEvent } from '../../domain/session-event.ts'
import { eventText } from './event-text.ts'
import type { Style } from './style.ts'
import { contentText, plainText } from './text.ts'
import { ThreadNames } from './thread-names.ts'

export interface LiveViewOptions {
  readonly style: Style
  readonly columns: number
}

/**
 * A run as a person follows it: the main agent's words as they come, everything else in whole lines,
 * sub-agents under their name. Feed it every event; it gives back what is to be written.
 */
export class LiveView {
  readonly #options: LiveViewOptions
  readonly #threads = new ThreadNames()
  readonly #tools = new Map<string, string>()
  /** Text of main messages that was written already, by the id of their event. */
  readonly #streamed = new Map<string, string>()
  /** Announced thoughts that have not come yet; what is said after them waits for them. */
  readonly #expectedThoughts = new Set<string>()
  #waiting: { id: string; text: string }[] = []
  #atLineStart = true

  constructor(options: LiveViewOptions) {
    this.#options = options
  }

  show(event: SessionStreamEvent): string {
    return isPreview(event) ? this.#preview(event) : this.#logged(event)
  }

  /** What has to be written before something else may take the next line. */
  breakLine(): string {
    const lineEnd = this.#atLineStart ? '' : '\n'
    this.#atLineStart = true
    return lineEnd
  }

  #preview(event: PreviewEvent): string {
    // Words of several sub-agents at once would mingle; theirs are shown when they are whole.
    if (event.session_thread_id != null) return ''
    if (event.type === 'event_start') {
      if (event.event.type === 'agent.thinking') this.#expectedThoughts.add(event.event.id)
      return ''
    }
    if (event.delta.type !== 'content_delta' || event.delta.content.type !== 'text') return ''
    const piece = { id: event.event_id, text: event.delta.content.text }
    if (this.#expectedThoughts.size === 0) return this.#stream(piece)
    this.#waiting.push(piece)
    return ''
  }

  #logged(event: LoggedEvent): string {
    this.#threads.see(event)
    if (event.type === 'agent.tool_use' || event.type === 'agent.custom_tool_use') this.#tools.set(event.id, event.name)
    if (event.type === 'agent.mcp_tool_use') this.#tools.set(event.id, `${event.mcp_server_name}/${event.name}`)
    const released = event.session_thread_id == null ? this.#settleThoughts(event) : null
    const text = event.type === 'agent.message' && this.#streamed.has(event.id) ? this.#rest(event) : this.#whole(event)
    return text + (released ?? []).map((piece) => this.#stream(piece)).join('')
  }

  /** Once the last announced thought stands, or none can come any more, what waited may be said. */
  #settleThoughts(event: LoggedEvent): { id: string; text: string }[] {
    if (event.type === 'agent.thinking') this.#expectedThoughts.delete(event.id)
    else if (event.type.startsWith('agent.') || event.type === 'span.model_request_end') this.#expectedThoughts.clear()
    if (this.#expectedThoughts.size > 0) return []
    const waiting = this.#waiting.filter(({ id }) => id !== event.id)
    this.#waiting = []
    return waiting
  }

  #stream({ id, text }: { id: string; text: string }): string {
    const before = this.#streamed.get(id)
    const start = before === undefined ? this.breakLine() : ''
    const plain = plainText(text)
    this.#streamed.set(id, (before ?? '') + plain)
    if (plain !== '') this.#atLineStart = plain.endsWith('\n')
    return start + plain
  }

  /** A slow reader loses previews, so the final text may go on after what was streamed, or differ from it. */
  #rest(event: Extract<LoggedEvent, { type: 'agent.message' }>): string {
    const whole = plainText(contentText(event.content))
    const streamed = this.#streamed.get(event.id) ?? ''
    this.#streamed.delete(event.id)
    if (!whole.startsWith(streamed)) return `${this.breakLine()}${this.#lines(whole)}`
    const rest = whole.slice(streamed.length)
    if (rest !== '') this.#atLineStart = rest.endsWith('\n')
    return rest + this.breakLine()
  }

  #whole(event: LoggedEvent): string {
    const text = eventText(event, { ...this.#options, toolOf: (id) => this.#tools.get(id) })
    if (text === null || text === '') return ''
    const name = this.#threads.of(event)
    if (name === null) return this.breakLine() + this.#lines(text)
    const margin = `    ${this.#options.style.cyan(name)} │ `
    return (
      this.breakLine() +
      this.#lines(
        text
          .split('\n')
          .map((line) => margin + line)
          .join('\n'),
      )
    )
  }

  #lines(text: string): string {
    return text.endsWith('\n') ? text : `${text}\n`
  }
}
