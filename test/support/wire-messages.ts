interface Block {
  readonly type: string
  readonly text?: string
  readonly name?: string
  readonly input?: unknown
  readonly content?: unknown
}

/** What a model request tells of the conversation, one line for each thing said; what the agent adds by itself is left out. */
export const wireMessages = (body: unknown): string[] =>
  blocksOf(body).flatMap(({ role, block }) => {
    if (block.type === 'tool_use') return [`call ${block.name}`]
    return block.type === 'tool_result' ? ['result'] : textOf(role, block)
  })

/** The same, with all that calls and results hold. */
export const wireConversation = (body: unknown): string[] =>
  blocksOf(body).flatMap(({ role, block }) => {
    if (block.type === 'tool_use') return [`call ${block.name} ${JSON.stringify(block.input)}`]
    return block.type === 'tool_result' ? [`result ${JSON.stringify(block.content)}`] : textOf(role, block)
  })

function blocksOf(body: unknown): { role: string; block: Block }[] {
  const { messages = [] } = (body ?? {}) as { messages?: { role: string; content: string | Block[] }[] }
  return messages.flatMap(({ role, content }) => {
    if (role === 'system') return []
    return (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map((block) => ({ role, block }))
  })
}

const ofTheAgent = /^<(?:system-reminder|local-command-\w+|command-name)>/

const textOf = (role: string, { type, text = '' }: Block): string[] =>
  type !== 'text' || ofTheAgent.test(text) ? [] : [`${role}: ${text.trim()}`]
