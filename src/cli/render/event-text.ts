import type { LoggedEvent } from '../../domain/session-event.ts'
import type { Style } from './style.ts'
import { contentText, formatUsd, oneLine, plainText } from './text.ts'
import { summariseInput, summariseResult } from './tool-summary.ts'

export interface EventTextOptions {
  readonly style: Style
  readonly columns: number
  /** Name of the tool that a result belongs to. */
  readonly toolOf: (eventId: string) => string | undefined
}

/**
 * What a person wants to see of an event while an agent works, in lines without indentation. Null for
 * events that say nothing new to who watches.
 */
export function eventText(event: LoggedEvent, options: EventTextOptions): string | null {
  const { style, columns } = options
  switch (event.type) {
    case 'agent.message':
      return plainText(contentText(event.content))
    case 'agent.thinking': {
      const { thinking } = event.perdure ?? {}
      return thinking ? style.dim(plainText(thinking)) : null
    }
    case 'agent.tool_use':
    case 'agent.custom_tool_use':
      return callText(event.name, { input: event.input, ...options })
    case 'agent.mcp_tool_use':
      return callText(`${event.mcp_server_name}/${event.name}`, { input: event.input, ...options })
    case 'agent.tool_result':
      return resultText(event, { toolId: event.tool_use_id, ...options })
    case 'agent.mcp_tool_result':
      return resultText(event, { toolId: event.mcp_tool_use_id, ...options })
    case 'agent.thread_context_compacted':
      return style.dim('The context was compacted.')
    case 'session.thread_created':
      return style.cyan('begins')
    case 'session.thread_status_idle':
      return style.cyan('is done')
    default:
      return troubleText(event, { style, columns })
  }
}

function troubleText(
  event: LoggedEvent,
  { style, columns }: Pick<EventTextOptions, 'style' | 'columns'>,
): string | null {
  switch (event.type) {
    case 'session.error': {
      const isRetried = 'retry_status' in event.error && event.error.retry_status.type === 'retrying'
      const message = oneLine(event.error.message, columns)
      return isRetried ? style.yellow(`↻ ${message.replace(/\.$/, '')}: trying again`) : style.red(`✗ ${message}`)
    }
    case 'perdure.permission_denied':
      return style.yellow(`✗ ${event.tool_name} was refused: ${oneLine(event.message, columns)}`)
    case 'perdure.budget_threshold': {
      const [spent, limit] = [event.spent_nano_usd, event.limit_nano_usd].map((nano) => formatUsd(Number(nano) / 1e9))
      return style.yellow(`$ ${spent} of ${limit} are spent (budget of the ${event.scope}, ${event.window})`)
    }
    case 'perdure.model_fallback':
      return style.yellow(`↻ ${event.from_model} gave way to ${event.to_model} (${event.trigger})`)
    case 'perdure.tool_results_unknown':
      return style.yellow(
        `An earlier run died: what became of ${event.tool_use_event_ids.length} tool calls is unknown.`,
      )
    case 'perdure.checkpoint_failed':
      return style.yellow(
        `The folder was not saved: ${oneLine(`${event.error.message} ${event.error.hint}`, columns * 3)}`,
      )
    case 'perdure.local_output':
      return plainText(event.text)
    case 'user.interrupt':
      return style.yellow('interrupted')
    default:
      return null
  }
}

function callText(
  name: string,
  { input, style, columns }: EventTextOptions & { input: Readonly<Record<string, unknown>> },
): string {
  const summary = summariseInput(name, { input, columns: columns - name.length - 4 })
  return `${style.cyan('●')} ${style.bold(plainText(name))} ${summary}`.trimEnd()
}

function resultText(
  event: { content?: readonly object[]; is_error?: boolean | null },
  { toolId, toolOf, style, columns }: EventTextOptions & { toolId: string },
): string {
  const name = plainText(toolOf(toolId) ?? 'tool')
  const summary = summariseResult(contentText(event.content), columns - name.length - 8)
  return event.is_error === true ? style.red(`  ✗ ${name}: ${summary}`) : style.dim(`  └ ${name}: ${summary}`)
}
