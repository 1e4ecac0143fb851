import type { EventDraft, PreviewEvent } from '../../src/domain/session-event.ts'
import type { AgentReport } from '../../src/ports/agent-report.ts'
import type { ModelRequestObserved } from '../../src/ports/model-observation.ts'
import type { JoinOutput } from '../../src/runtime/join/join-output.ts'
import type { RunInput } from './joined-run.ts'

/** What is wrong with a joined run; empty when every promise of the order was kept. */
export function joinViolations(inputs: readonly RunInput[], outputs: readonly JoinOutput[]): string[] {
  const reports = inputs.flatMap((input) => ('report' in input ? [input.report] : []))
  const events = outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []))
  return [
    ...doubledIds(events),
    ...lostOrDoubledAnswers(reports, events),
    ...disorder(reports, events),
    ...misplacedSpans(inputs, events),
    ...misplacedPreviews(outputs),
    ...misplacedFinals(events),
    ...misplacedResults(events),
    ...eventsBeforeTheirThread(events),
  ]
}

/** Those that no lag and no death of the agent may excuse: something lost, doubled, overtaken or left open. */
export const losses = (violations: readonly string[]): string[] =>
  violations.filter(
    (violation) => !/not joined|outside|before the result|before its call|says something else/.test(violation),
  )

const threadOf = (event: EventDraft | PreviewEvent): string => event.session_thread_id ?? 'main'

function doubledIds(events: readonly EventDraft[]): string[] {
  const counts = countBy(events.map(({ id }) => id))
  return [...counts].filter(([, count]) => count > 1).map(([id]) => `two events have the same id ${id}`)
}

const answerTypes = ['agent.message', 'agent.thinking', 'agent.tool_use', 'agent.mcp_tool_use']
const resultTypes = ['agent.tool_result', 'agent.mcp_tool_result']

function lostOrDoubledAnswers(reports: readonly AgentReport[], events: readonly EventDraft[]): string[] {
  const finals = countBy(
    events.filter(({ type }) => answerTypes.includes(type)).map(({ perdure }) => perdure?.sdk_uuid),
  )
  const wireFinals = new Set(events.filter(({ perdure }) => !perdure?.sdk_uuid).map(contentKey))
  const results = countBy(
    events.filter(({ type }) => resultTypes.includes(type)).map(({ perdure }) => perdure?.tool_use_id),
  )
  return reports.flatMap((report) => {
    if (report.type === 'content_block' && report.block.type !== 'other' && finals.get(report.uuid) !== 1) {
      // The wire's word was logged in its stead.
      if (!finals.has(report.uuid) && wireFinals.has(reportKey(report))) return []
      return [`block ${report.uuid} has ${finals.get(report.uuid) ?? 0} finals`]
    }
    if (report.type === 'tool_result' && results.get(report.toolUseId) !== 1) {
      return [`call ${report.toolUseId} has ${results.get(report.toolUseId) ?? 0} results`]
    }
    return []
  })
}

/** Answers are logged under the wire's name alone where the agent was silent too long. */
const contentKey = (event: EventDraft): string => {
  const text =
    event.type === 'agent.message' && event.content[0]?.type === 'text'
      ? event.content[0].text
      : event.perdure?.thinking
  return `${event.perdure?.message_id} ${text}`
}

function reportKey({ messageId, block }: Extract<AgentReport, { type: 'content_block' }>): string {
  return `${messageId} ${block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : ''}`
}

function countBy(keys: readonly (string | undefined)[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Within a thread, what the agent said keeps the agent's order. */
function disorder(reports: readonly AgentReport[], events: readonly EventDraft[]): string[] {
  const order = new Map(reports.flatMap((report, index) => ('uuid' in report ? [[report.uuid, index] as const] : [])))
  const newest = new Map<string, number>()
  return events.flatMap((event) => {
    const index = order.get(event.perdure?.sdk_uuid ?? '')
    if (index === undefined) return []
    const before = newest.get(threadOf(event)) ?? -1
    newest.set(threadOf(event), Math.max(before, index))
    return index < before ? [`${event.type} ${event.perdure?.sdk_uuid} overtook what the agent said before it`] : []
  })
}

function misplacedSpans(inputs: readonly RunInput[], events: readonly EventDraft[]): string[] {
  const found: string[] = []
  const starts = new Map<string, number>()
  const open = new Map<string, string>()
  const answeredAt = new Map(
    events.flatMap((event, index) =>
      resultTypes.includes(event.type) ? [[event.perdure?.tool_use_id ?? '', index] as const] : [],
    ),
  )
  const carried = carriedResults(inputs)
  for (const [index, event] of events.entries()) {
    const isTurn = event.perdure?.request_kind === 'turn'
    if (event.type === 'span.model_request_start') {
      starts.set(event.id, index)
      if (isTurn && open.has(threadOf(event))) found.push(`span ${event.id} begins inside ${open.get(threadOf(event))}`)
      if (isTurn) open.set(threadOf(event), event.id)
    }
    if (event.type !== 'span.model_request_end') continue
    const start = starts.get(event.model_request_start_id)
    if (start === undefined) found.push(`span end ${event.id} has no start, or a second end`)
    starts.delete(event.model_request_start_id)
    if (isTurn) open.delete(threadOf(event))
    for (const id of carried.get(event.perdure?.request_id ?? '') ?? []) {
      if ((answeredAt.get(id) ?? -1) > (start ?? 0)) found.push(`span ${event.id} begins before the result of ${id}`)
    }
  }
  const requests = inputs.filter((input) => 'observation' in input && input.observation.type === 'request').length
  const ends = events.filter(({ type }) => type === 'span.model_request_end').length
  if (requests !== ends) found.push(`${requests} requests have ${ends} span ends`)
  return [...found, ...[...starts.keys()].map((id) => `span ${id} never ends`)]
}

/** Tool calls by the request id of the request that carries their results. */
function carriedResults(inputs: readonly RunInput[]): Map<string, readonly string[]> {
  const requests = new Map<number, ModelRequestObserved>()
  const carried = new Map<string, readonly string[]>()
  for (const input of inputs) {
    if (!('observation' in input)) continue
    const seen = input.observation
    if (seen.type === 'request') requests.set(seen.request, seen)
    if (seen.type === 'response') carried.set(seen.requestId, requests.get(seen.request)?.toolResultIds ?? [])
  }
  return carried
}

/** A preview stands inside an open span of its thread, before its final, and says what the final says. */
function misplacedPreviews(outputs: readonly JoinOutput[]): string[] {
  const found: string[] = []
  const shown = new Map<string, { type: string; text: string }>()
  const final = new Set<string>()
  const open = new Set<string>()
  for (const output of outputs) {
    if (output.kind === 'event') {
      const { event } = output
      if (event.perdure?.request_kind === 'turn') {
        if (event.type === 'span.model_request_start') open.add(threadOf(event))
        else open.delete(threadOf(event))
      }
      const preview = shown.get(event.id)
      if (preview && !sameContent(preview, event)) found.push(`preview ${event.id} says something else than its final`)
      final.add(event.id)
    }
    if (output.kind !== 'preview') continue
    const { event } = output
    const id = event.type === 'event_start' ? event.event.id : event.event_id
    if (final.has(id)) found.push(`preview ${id} comes after its final`)
    if (!open.has(threadOf(event))) found.push(`preview ${id} stands outside of any span`)
    if (event.type === 'event_start') {
      if (shown.has(id)) found.push(`preview ${id} begins twice`)
      shown.set(id, { type: event.event.type, text: '' })
    } else if (event.delta.content.type === 'text') {
      const preview = shown.get(id)
      if (!preview || preview.type !== 'agent.message') found.push(`preview ${id} has text but no beginning`)
      else preview.text += event.delta.content.text
    }
  }
  return found
}

function sameContent(preview: { type: string; text: string }, final: EventDraft): boolean {
  if (preview.type !== final.type) return false
  if (final.type !== 'agent.message') return true
  const [block] = final.content
  const text = block?.type === 'text' ? block.text : ''
  return preview.text === text || (final.perdure?.aborted === true && preview.text.startsWith(text))
}

/** A final that is joined stands in the span of its request. */
function misplacedFinals(events: readonly EventDraft[]): string[] {
  const spans = new Map<string, { start: number; end: number }>()
  const starts = new Map(events.map((event, index) => [event.id, index]))
  for (const [end, event] of events.entries()) {
    if (event.type !== 'span.model_request_end' || event.perdure?.request_id === undefined) continue
    spans.set(event.perdure.request_id, { start: starts.get(event.model_request_start_id) ?? -1, end })
  }
  return events.flatMap((event, index) => {
    if (!answerTypes.includes(event.type)) return []
    if (event.perdure?.unjoined) return [`${event.type} ${event.id} was not joined`]
    const span = spans.get(event.perdure?.request_id ?? '')
    return span && (index < span.start || index > span.end) ? [`${event.type} ${event.id} stands outside its span`] : []
  })
}

function misplacedResults(events: readonly EventDraft[]): string[] {
  const calls = new Set<string>()
  return events.flatMap((event) => {
    if (event.type === 'agent.tool_use' || event.type === 'agent.mcp_tool_use') calls.add(event.id)
    const call =
      event.type === 'agent.tool_result'
        ? event.tool_use_id
        : event.type === 'agent.mcp_tool_result'
          ? event.mcp_tool_use_id
          : undefined
    return call === undefined || calls.has(call) ? [] : [`result ${event.id} stands before its call`]
  })
}

function eventsBeforeTheirThread(events: readonly EventDraft[]): string[] {
  const created = new Set(['main'])
  return events.flatMap((event) => {
    if (event.type === 'session.thread_created') created.add(event.session_thread_id)
    return created.has(threadOf(event)) ? [] : [`${event.type} ${event.id} stands before its thread`]
  })
}
