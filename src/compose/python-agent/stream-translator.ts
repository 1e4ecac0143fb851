import { isPreview, type LoggedEvent, type PreviewEvent, type SessionStreamEvent } from '../../domain/session-event.ts'
import type { StreamEvent } from './stream-event.ts'

type ToolUse = Extract<LoggedEvent, { type: 'agent.tool_use' | 'agent.mcp_tool_use' | 'agent.custom_tool_use' }>
type ToolResult = Extract<LoggedEvent, { type: 'agent.tool_result' | 'agent.mcp_tool_result' }>

/**
 * The events of a run in the words of the stream, those of the main thread only. Text that came as a
 * preview is not said again when its message is complete.
 */
export class StreamTranslator {
  /** Characters said of each message that is not complete yet. */
  readonly #said = new Map<string, number>()
  /** Text that streams already while the thinking before it is not complete; null when nothing holds it back. */
  #held: StreamEvent[] | null = null

  translate(event: SessionStreamEvent): StreamEvent[] {
    if (event.session_thread_id != null) return []
    if (isPreview(event)) return this.#preview(event)
    const held = this.#held ?? []
    this.#held = null
    const streamed = this.#logged(event)
    return event.type === 'agent.thinking' ? [...streamed, ...held] : [...held, ...streamed]
  }

  #logged(event: LoggedEvent): StreamEvent[] {
    switch (event.type) {
      case 'agent.message':
        return this.#message(event)
      case 'agent.thinking':
        return thinkingOf(event)
      case 'agent.tool_use':
      case 'agent.mcp_tool_use':
      case 'agent.custom_tool_use':
        return [toolUseOf(event)]
      case 'agent.tool_result':
      case 'agent.mcp_tool_result':
        return [toolResultOf(event)]
      default:
        return []
    }
  }

  #preview(event: PreviewEvent): StreamEvent[] {
    if (event.type === 'event_start') {
      if (event.event.type === 'agent.message') this.#said.set(event.event.id, 0)
      if (event.event.type === 'agent.thinking') this.#held ??= []
      return []
    }
    const said = this.#said.get(event.event_id)
    const { content } = event.delta
    if (said === undefined || content.type !== 'text') return []
    this.#said.set(event.event_id, said + content.text.length)
    const streamed: StreamEvent = { type: 'text', data: { text: content.text } }
    if (this.#held === null) return [streamed]
    this.#held.push(streamed)
    return []
  }

  #message(event: Extract<LoggedEvent, { type: 'agent.message' }>): StreamEvent[] {
    const text = event.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    const rest = text.slice(this.#said.get(event.id) ?? 0)
    this.#said.delete(event.id)
    return rest === '' ? [] : [{ type: 'text', data: { text: rest } }]
  }
}

function thinkingOf({ perdure }: Extract<LoggedEvent, { type: 'agent.thinking' }>): StreamEvent[] {
  if (perdure?.thinking === undefined) return []
  const { thinking, signature } = perdure
  return [{ type: 'thinking', data: signature === undefined ? { thinking } : { thinking, signature } }]
}

function toolUseOf(event: ToolUse): StreamEvent {
  const name = event.type === 'agent.mcp_tool_use' ? `mcp__${event.mcp_server_name}__${event.name}` : event.name
  return { type: 'tool_use', data: { id: event.perdure?.tool_use_id ?? event.id, name, input: event.input } }
}

function toolResultOf(event: ToolResult): StreamEvent {
  const callId = event.type === 'agent.tool_result' ? event.tool_use_id : event.mcp_tool_use_id
  const content = (event.content ?? []).map((block) => (block.type === 'text' ? block.text : JSON.stringify(block)))
  return {
    type: 'tool_result',
    data: {
      tool_use_id: event.perdure?.tool_use_id ?? callId,
      content: content.join('\n'),
      is_error: event.is_error ?? false,
    },
  }
}
