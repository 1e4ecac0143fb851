import type { ContentBlockReport } from '../../ports/agent-report.ts'
import type { Block, Span } from './span.ts'

/**
 * The wire's block that a reported block is. The agent gives no index: a tool call is known by its
 * id, a text or a thought by its words, anything else by its type; the agent keeps the wire's order.
 */
export function matchBlock(span: Span, report: ContentBlockReport): Block | undefined {
  const open = [...span.blocks.values()].filter((block) => block.final === null)
  return findMatch(open, report)
}

/** A block that was taken from the wire because the agent was silent, and now speaks after all. */
export function matchWireFinal(span: Span, report: ContentBlockReport): Block | undefined {
  return findMatch(
    [...span.blocks.values()].filter((block) => block.final === 'wire'),
    report,
  )
}

function findMatch(blocks: readonly Block[], report: ContentBlockReport): Block | undefined {
  const reported = report.block
  switch (reported.type) {
    case 'tool_use':
      return blocks.find((block) => block.toolUseId === reported.id)
    case 'text':
      return blocks.find((block) => block.type === 'text' && sameText(block.text, reported.text, report.aborted))
    case 'thinking': {
      const thoughts = blocks.filter((block) => block.type === 'thinking')
      return thoughts.find((block) => block.text === reported.thinking) ?? thoughts[0]
    }
    case 'redacted_thinking':
      return blocks.find((block) => block.type === 'redacted_thinking')
    case 'other':
      return blocks.find((block) => block.type === reported.block.type)
  }
}

// The agent's text of an aborted answer ends a few deltas before the wire's.
const sameText = (wire: string, reported: string, aborted: boolean): boolean =>
  wire === reported || (aborted && (wire.startsWith(reported) || reported.startsWith(wire)))
