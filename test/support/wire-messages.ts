interface Block {
  readonly type: string
  readonly text?: string
  readonly name?: string
  readonly content?: unknown
}

/** What a model request tells of the conversation, one line for each thing said; what the agent adds by itself is left out. */
export function wireMessages(body: unknown): string[] {
  const { messages } = body as { messages: { role: string; content: string | Block[] }[] }
  const said = messages.filter(({ role }) => role !== 'system')
  return said.flatMap(({ role, content }) =>
    (typeof content === 'string' ? [{ type: 'text', text: content }] : content).flatMap((block: Block) =>
      lineOf(role, block),
    ),
  )
}

function lineOf(role: string, { type, text, name }: Block): string[] {
  switch (type) {
    case 'text':
      return text === undefined || text.startsWith('<system-reminder>') ? [] : [`${role}: ${text.trim()}`]
    case 'tool_use':
      return [`call ${name}`]
    case 'tool_result':
      return ['result']
    default:
      return []
  }
}
