import { expect } from 'vitest'
import type { Session, TurnOptions } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { wireMessages } from './wire-messages.ts'

/** An agent that may do anything without being asked. */
export const freeAgent: TurnOptions = {
  tools: ['Bash', 'Write', 'Edit', 'Read'],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
  env: { IS_SANDBOX: '1' },
}

export interface BashTurn {
  /** The newest event after it. */
  readonly at: number
  /** What the model was told first. */
  readonly told: readonly string[]
}

/** One turn: the agent runs a command in Bash, or only talks. */
export async function bashTurn(
  session: Session,
  prompt: string | undefined,
  command: string | null = null,
): Promise<BashTurn> {
  const tool = { name: 'Bash', input: { command: command ?? '' } }
  const script: Script =
    command === null
      ? { rules: [{ reply: `Heard: ${prompt}` }] }
      : {
          rules: [
            { when: { toolResult: false }, reply: { text: `I do: ${prompt}`, tool } },
            { reply: `Done: ${prompt}` },
          ],
        }
  const model = scriptedModel(script)
  const outcome = await session.run(prompt, { ...freeAgent, upstream: model })
  expect([outcome.status, outcome.status === 'failed' ? outcome.error : null]).toEqual(['completed', null])
  return { at: outcome.lastSequence, told: wireMessages(model.requests[0]?.body) }
}
