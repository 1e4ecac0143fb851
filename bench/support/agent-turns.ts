import type { Script } from '../../src/testing/index.ts'

/** A turn that both sides play: what the user says, and the answer that must come. */
export interface AgentTurn {
  readonly name: string
  readonly prompt: string
  readonly answer: string
}

const toolCalls = 5
const answer = 'All is done. Here is what was found, in a paragraph of ordinary length: nothing out of the ordinary.'

export const textTurn: AgentTurn = { name: 'text only', prompt: 'Say what you found.', answer }
export const bashTurn: AgentTurn = { name: `${toolCalls} Bash calls`, prompt: 'Use Bash.', answer }
/** Begins to answer and never goes on. */
export const stalledTurn: AgentTurn = { name: 'stalled', prompt: 'Think for ever.', answer: '' }

export const allTurns: Script = {
  rules: [
    ...Array.from({ length: toolCalls }, (_, index) => ({
      when: { prompt: bashTurn.prompt, request: index + 1 },
      reply: { text: `Step ${index + 1}.`, tool: { name: 'Bash', input: { command: `echo step ${index + 1}` } } },
    })),
    { when: { prompt: stalledTurn.prompt }, reply: { text: answer, stallAfterEvents: 4 } },
    { reply: { text: answer } },
  ],
}

/** What both sides give their agent. */
export const agentOptions = {
  model: 'claude-sonnet-5-5',
  tools: ['Bash'] as string[],
  allowedTools: ['Bash'] as string[],
} as const
