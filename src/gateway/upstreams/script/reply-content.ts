import { newIdBody } from '../../../domain/ids.ts'
import { asRecord, listOf, type WireBlock } from '../../wire/message-request.ts'
import type { ScriptAgentCall, ScriptReply, ScriptToolCall } from './script.ts'
import type { ScriptRequest } from './script-request.ts'
import { fillTemplates } from './templates.ts'

/** Text that stands for a tool call's JSON as the model wrote it; never sent as a field of its own. */
export const rawInput: unique symbol = Symbol('rawInput')

export type AnswerBlock = WireBlock & { readonly [rawInput]?: string }

/** The content blocks of a reply, with templates filled and ids given. */
export function contentOf(reply: ScriptReply, request: ScriptRequest): readonly AnswerBlock[] {
  const { thinking, text, structuredOutput } = reply
  const calls: readonly ScriptToolCall[] = [
    ...(reply.tool ? [reply.tool] : []),
    ...(reply.tools ?? []),
    ...[...(reply.agent ? [reply.agent] : []), ...(reply.agents ?? [])].map((call) => agentCall(call, request)),
    ...(structuredOutput ? [{ name: 'StructuredOutput', input: structuredOutput }] : []),
  ]
  const blocks: readonly AnswerBlock[] = [
    ...(thinking === undefined ? [] : [{ type: 'thinking', thinking, signature: signatureOf(thinking) }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(toolUse),
    ...(reply.content ?? []).map((block) => (block.type === 'tool_use' ? { id: newToolUseId(), ...block } : block)),
  ]
  return blocks.map((block) => {
    const filled = fillTemplates(block, request)
    const raw = block[rawInput]
    return raw === undefined ? filled : { ...filled, [rawInput]: fillTemplates(raw, request) }
  })
}

const newToolUseId = (): string => `toolu_${newIdBody()}`

/** The API signs its thinking and refuses it back unsigned. */
const signatureOf = (thinking: string): string => Buffer.from(`signed:${thinking.length}`).toString('base64')

const toolUse = ({ name, input = {}, id, rawInput: raw }: ScriptToolCall): AnswerBlock => ({
  type: 'tool_use',
  id: id ?? newToolUseId(),
  name,
  input,
  ...(raw === undefined ? {} : { [rawInput]: raw }),
})

function agentCall(call: ScriptAgentCall, { body }: ScriptRequest): ScriptToolCall {
  const tool = listOf(body['tools']).find((candidate) => asRecord(candidate)['name'] === 'Agent')
  const parameters = asRecord(asRecord(asRecord(tool)['input_schema'])['properties'])
  return {
    name: 'Agent',
    input: {
      description: call.description ?? call.prompt.split(/\s+/).slice(0, 5).join(' '),
      prompt: call.prompt,
      subagent_type: call.type,
      ...(call.model === undefined ? {} : { model: call.model }),
      // The parameter is missing where background tasks are switched off.
      ...(call.background === undefined || !('run_in_background' in parameters)
        ? {}
        : { run_in_background: call.background }),
    },
  }
}
