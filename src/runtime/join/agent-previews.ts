import type { EventId } from '../../domain/ids.ts'
import type { PreviewEvent } from '../../domain/session-event.ts'
import type { ContentBlockReport, PreviewReport } from '../../ports/agent-report.ts'
import { previewDelta, previewStart, type PreviewedType } from './preview-event.ts'

interface PreviewedBlock {
  readonly eventId: EventId
  readonly type: PreviewedType
  text: string
  announced: boolean
  taken: boolean
}

/**
 * Previews from the agent itself, for an agent that does not speak through our gateway. They come in
 * the agent's own order, so only the answer at hand is kept.
 */
export class AgentPreviews {
  readonly #newEventId: () => EventId
  #messageId = ''
  #blocks = new Map<number, PreviewedBlock>()

  constructor(newEventId: () => EventId) {
    this.#newEventId = newEventId
  }

  /** The events that this report makes visible; white space alone is held back. */
  take(report: PreviewReport): PreviewEvent[] {
    const block = this.#block(report)
    if (block.type === 'agent.thinking') return this.#announce(block)
    const blank = !block.announced && !/\S/.test(report.text)
    const unseen = block.announced ? report.text : block.text + report.text
    block.text += report.text
    if (blank || unseen === '') return []
    return [...this.#announce(block), previewDelta(block.eventId, unseen)]
  }

  /** The id that the final event of this block must have; undefined when it had no preview. */
  claim(report: ContentBlockReport): EventId | undefined {
    if (report.messageId !== this.#messageId) return undefined
    const type = report.block.type === 'text' ? 'agent.message' : 'agent.thinking'
    if (type === 'agent.thinking' && report.block.type !== 'thinking') return undefined
    const block = this.#blocks
      .values()
      .find((candidate) => candidate.announced && !candidate.taken && candidate.type === type)
    if (block) block.taken = true
    return block?.eventId
  }

  #block(report: PreviewReport): PreviewedBlock {
    if (report.messageId !== this.#messageId) {
      this.#messageId = report.messageId
      this.#blocks = new Map()
    }
    const known = this.#blocks.get(report.index)
    if (known) return known
    const type = report.kind === 'thinking_start' ? 'agent.thinking' : 'agent.message'
    const block = { eventId: this.#newEventId(), type, text: '', announced: false, taken: false } as const
    const created: PreviewedBlock = { ...block }
    this.#blocks.set(report.index, created)
    return created
  }

  #announce(block: PreviewedBlock): PreviewEvent[] {
    if (block.announced) return []
    block.announced = true
    return [previewStart(block.eventId, block.type)]
  }
}
