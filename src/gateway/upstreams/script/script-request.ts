import type { ModelRequestObserved } from '../../../ports/model-observation.ts'
import { classifyRequest } from '../../observation/classify-request.ts'
import { blocksOf, tailOf, textOf, type MessageRequest, type WireMessage } from '../../wire/message-request.ts'
import { workingDirectoryIn } from '../../wire/working-directory.ts'

/** What rules see of a request. All of it is read from the request, so it is the same after a resume elsewhere. */
export interface ScriptRequest {
  readonly kind: ModelRequestObserved['kind']
  readonly model: string
  /** The agent id of a sub-agent; null for the main thread. */
  readonly thread: string | null
  readonly session: string
  /** Which prompt of the thread, from 1. */
  readonly turn: number
  /** Which model request of the thread, from 1. */
  readonly request: number
  readonly lastUserText: string
  readonly prompt: string
  readonly toolResults: readonly ScriptToolResult[]
  readonly systemText: string
  /** The agent's working directory, where the request names it. */
  readonly cwd: string | undefined
  readonly tools: readonly string[]
  /** The request as the Messages API defines it. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface ScriptToolResult {
  readonly toolUseId: string
  readonly tool: string
  readonly text: string
  readonly isError: boolean
}

export interface ScriptRequestSource {
  readonly view: MessageRequest
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

export function readScriptRequest({ view, headers, body }: ScriptRequestSource): ScriptRequest {
  const { messages } = view
  const systemText = textOf(view.system)
  return {
    kind: classifyRequest(view),
    model: view.model,
    thread: headers['x-claude-code-agent-id'] ?? null,
    session: headers['x-claude-code-session-id'] ?? '',
    turn: countTurns(messages),
    request: countAnswers(messages) + 1,
    lastUserText: wordsOfUser(tailOf(messages)).join('\n'),
    prompt: wordsOfUser(messages).at(-1) ?? '',
    toolResults: readToolResults(messages),
    systemText,
    cwd: findWorkingDirectory(systemText, messages),
    tools: view.tools.map((tool) => tool.name),
    body,
  }
}

/** Claude Code adds reminders to prompts and to tool results. */
const reminders = /<system-reminder>[\s\S]*?<\/system-reminder>/g

const withoutReminders = (text: string): string => text.replaceAll(reminders, '').trim()

/** Claude Code puts this in the place of an answer when it resumes a conversation that a crash had cut. */
const placeholderAnswer = 'No response requested.'
const interruption = '[Request interrupted by user'

const countAnswers = (messages: readonly WireMessage[]): number =>
  messages.filter(({ role, blocks }) => role === 'assistant' && textOf(blocks) !== placeholderAnswer).length

/** A turn ends with an answer that calls no tool, or when the user interrupts; the next words open another. */
function countTurns(messages: readonly WireMessage[]): number {
  let turns = 1
  let ended = false
  for (const { role, blocks } of messages) {
    if (role === 'assistant') ended = !blocks.some((block) => block.type === 'tool_use')
    if (role !== 'user') continue
    for (const block of blocks) {
      const words = withoutReminders(textOf([block]))
      if (words.startsWith(interruption)) ended = true
      else if (words !== '' && ended) {
        turns += 1
        ended = false
      }
    }
  }
  return turns
}

/** What the user said, a message each, without the reminders that the harness adds. */
function wordsOfUser(messages: readonly WireMessage[]): readonly string[] {
  return messages
    .filter((message) => message.role === 'user')
    .map(({ blocks }) => withoutReminders(textOf(blocks)))
    .filter((text) => text !== '')
}

function readToolResults(messages: readonly WireMessage[]): readonly ScriptToolResult[] {
  const calls = messages.findLast((message) => message.role === 'assistant')?.blocks ?? []
  const names = new Map(calls.map((block) => [block['id'], String(block['name'])]))
  return tailOf(messages).flatMap(({ blocks }) =>
    blocks
      .filter((block) => block.type === 'tool_result')
      .map((block) => ({
        toolUseId: String(block['tool_use_id']),
        tool: names.get(block['tool_use_id']) ?? '',
        text: withoutReminders(textOf(blocksOf(block['content']))),
        isError: block['is_error'] === true,
      })),
  )
}

/** The latest that the harness names holds. */
function findWorkingDirectory(systemText: string, messages: readonly WireMessage[]): string | undefined {
  const harnessTexts = messages.flatMap(({ role, blocks }) => {
    const text = textOf(blocks)
    return role === 'system' ? [text] : (text.match(reminders) ?? [])
  })
  return workingDirectoryIn([systemText, ...harnessTexts])
}
