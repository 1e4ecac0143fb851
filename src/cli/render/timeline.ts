import type { LoggedEvent } from '../../domain/session-event.ts'
import { eventText } from './event-text.ts'
import type { Style } from './style.ts'
import { contentText, count, formatUsd, oneLine } from './text.ts'
import { ThreadNames } from './thread-names.ts'

export interface TimelineOptions {
  readonly style: Style
  readonly columns: number
  /** When the session began. */
  readonly startedAt: Date
  /** Whether a rewind has left an event behind. */
  readonly isLeft?: (event: LoggedEvent) => boolean
}

/** A log as a table: every event is one line with its number, its time since the start, its type and its gist. */
export class Timeline {
  readonly #options: TimelineOptions
  readonly #threads = new ThreadNames()
  readonly #tools = new Map<string, string>()

  constructor(options: TimelineOptions) {
    this.#options = options
  }

  line(event: LoggedEvent): string {
    const { style, columns, isLeft } = this.#options
    this.#threads.see(event)
    if (event.type === 'agent.tool_use') this.#tools.set(event.id, event.name)
    if (event.type === 'agent.mcp_tool_use') this.#tools.set(event.id, `${event.mcp_server_name}/${event.name}`)
    const thread = this.#threads.of(event)
    const mark = isLeft?.(event) === true ? '-' : ' '
    const head = `${String(event.sequence).padStart(4)}${mark}${this.#time(event)} ${event.type.padEnd(26)} `
    const who = thread === null ? '' : `${thread} │ `
    const gist = oneLine(this.#gist(event), Math.max(20, columns - head.length - who.length))
    return `${style.dim(head)}${who === '' ? '' : style.cyan(who)}${gist}`.trimEnd()
  }

  #time(event: LoggedEvent): string {
    const atMs = Date.parse(event.processed_at ?? '')
    if (Number.isNaN(atMs)) return ' '.repeat(9)
    return `+${((atMs - this.#options.startedAt.getTime()) / 1000).toFixed(2)}s`.padStart(9)
  }

  #gist(event: LoggedEvent): string {
    switch (event.type) {
      case 'user.message':
        return contentText(event.content)
      case 'user.tool_confirmation':
        return event.deny_message == null ? event.result : `${event.result}: ${event.deny_message}`
      case 'session.status_idle':
        return event.stop_reason.type
      case 'span.model_request_end':
        return `${event.model_usage.output_tokens} tokens out${event.is_error ? ', failed' : ''}`
      case 'perdure.run_started':
        return `${event.run_id}, model by ${event.upstream}`
      case 'perdure.run_ended':
        return event.outcome
      case 'perdure.agent_started':
        return `${event.model}, ${event.tools.join(' ')}`
      case 'perdure.turn_ended':
        return `${event.subtype}, ${formatUsd(Number(event.cost_nano_usd) / 1e9)}`
      case 'perdure.budget_threshold':
        return `${formatUsd(Number(event.spent_nano_usd) / 1e9)} of ${formatUsd(Number(event.limit_nano_usd) / 1e9)} (${event.scope}, ${event.window})`
      case 'perdure.cost_difference':
        return `gateway ${formatUsd(Number(event.gateway.cost_nano_usd) / 1e9)}, agent ${formatUsd(Number(event.agent.cost_nano_usd) / 1e9)}`
      case 'perdure.session_forked':
        return `from ${event.from_session_id} at ${event.at_sequence}`
      case 'perdure.session_rewound':
        return `to ${event.to_sequence}, ${event.checkpoint_id === null ? 'the conversation alone' : 'with its files'}`
      case 'perdure.files_restored':
        return `${count(event.changes, 'file')} put back`
      case 'perdure.agent_notice':
        return event.name
      default: {
        const plain = { ...this.#options, columns: 400, style: unpainted }
        return (eventText(event, { ...plain, toolOf: (id) => this.#tools.get(id) }) ?? '').trim()
      }
    }
  }
}

const same = (text: string): string => text
const unpainted: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
