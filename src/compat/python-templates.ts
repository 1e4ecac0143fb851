import { PerdureError } from '../errors/perdure-error.ts'
import { plainMain, programHead, sessionMain, streamingMain, textOfContent } from './python-program.ts'

export interface PythonAgentOptions {
  /** The program writes a stream of events, one line of JSON each. */
  streaming?: boolean
  /** Refused: traces to Braintrust are not built yet. */
  braintrustEnabled?: boolean
  /** With `streaming`: text as the model writes it. Default: true. */
  includePartialMessages?: boolean
  /** The program tells of its tools, and last of all the result, one line of JSON each. */
  sessionMode?: boolean
  /** With `sessionMode`: the number that the last line carries. Default: 1. */
  turnId?: number
}

const maxPromptLength = 100_000

/** @throws {PerdureError} `invalid_request` beyond 100,000 characters, or for control characters other than tab and line ends. */
export function validatePrompt(prompt: string): void {
  if (prompt.length > maxPromptLength) {
    throw new PerdureError('invalid_request', `The prompt has ${prompt.length} characters; ${maxPromptLength} may be.`)
  }
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(prompt)) {
    throw new PerdureError('invalid_request', 'The prompt contains control characters.')
  }
}

/**
 * A Python program that runs one agent by the package `claude-agent-sdk` (0.2) and ends with exit code
 * 0, or 1 when the agent fails. Without options it prints one line of JSON: `result` and `usage`.
 *
 * It reads its credentials from the environment it is run in. Its agent uses the default tools without
 * asking and no other; it does not bypass permissions.
 * @throws {PerdureError} `invalid_request`; `option_not_supported` for `braintrustEnabled`.
 */
export function generatePythonAgentCode(prompt: string, options: PythonAgentOptions = {}): string {
  validatePrompt(prompt)
  const { streaming = false, sessionMode = false, includePartialMessages = true, turnId = 1 } = options
  if (options.braintrustEnabled === true) {
    throw new PerdureError('option_not_supported', 'Traces to Braintrust are not built yet.', {
      hint: 'Leave braintrustEnabled out.',
      details: { option: 'braintrustEnabled' },
    })
  }
  if (streaming && sessionMode) {
    throw new PerdureError('invalid_request', 'A program writes either the stream or the lines of a session.')
  }
  if (!Number.isSafeInteger(turnId)) throw new PerdureError('invalid_request', 'turnId must be a whole number.')
  if (streaming) {
    const blocks = ['TextBlock', 'ThinkingBlock', 'ToolResultBlock', 'ToolUseBlock']
    const names = ['AssistantMessage', 'StreamEvent', 'UserMessage', ...blocks]
    const head = programHead(prompt, { modules: ['sys'], names, partialMessages: includePartialMessages })
    return head + textOfContent + streamingMain
  }
  const names = sessionMode ? ['ToolResultBlock', 'ToolUseBlock'] : []
  const head = programHead(prompt, { modules: [], names, partialMessages: false })
  return sessionMode ? head + textOfContent + sessionMain(turnId) : head + plainMain
}
