// An agent without the `claude` binary, for proofs of what stands around it: it asks the model through the gateway,
// really runs its tools in the sandbox, and mirrors its transcript, one small loop in the host's own process.
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { ClaudeAgentOptions } from '../../../src/agents/claude/claude-agent-options.ts'
import { PerdureError } from '../../../src/errors/perdure-error.ts'
import type { AgentDriver, AgentInput, AgentProcess, AgentStartRequest } from '../../../src/ports/agent-driver.ts'
import type { AgentReport } from '../../../src/ports/agent-report.ts'
import type { SandboxProcess } from '../../../src/ports/sandbox.ts'
import type { TranscriptEntry } from '../../../src/ports/transcript-store.ts'
import { LiveQueue } from '../../../src/runtime/live-queue.ts'
import { turnEnded } from '../../support/fake-run.ts'

type Request = AgentStartRequest<ClaudeAgentOptions>

/** The driver of the real agent, whose processes are played. */
export const withPlainAgent = (driver: AgentDriver<ClaudeAgentOptions>): AgentDriver<ClaudeAgentOptions> => ({
  ...driver,
  start: (request) => new PlainAgent(request),
})

const answerSchema = z.object({
  id: z.string(),
  model: z.string(),
  content: z.array(
    z.union([
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
      z.object({
        type: z.literal('tool_use'),
        id: z.string(),
        name: z.string(),
        input: z.record(z.string(), z.unknown()),
      }),
    ]),
  ),
})
type Answer = z.infer<typeof answerSchema> & { readonly requestId: string | null }
type ToolUse = Extract<Answer['content'][number], { type: 'tool_use' }>

interface ToolOutput {
  readonly text: string
  readonly isError: boolean
}

const mainThread = { thread: null } as const

class PlainAgent implements AgentProcess {
  readonly reports = new LiveQueue<AgentReport>()
  readonly ready = Promise.resolve()
  readonly ended: Promise<void>
  readonly #request: Request
  readonly #inputs = new LiveQueue<AgentInput>()
  #transcript: TranscriptEntry[] = []
  #running: SandboxProcess | null = null
  #isStopped = false

  constructor(request: Request) {
    this.#request = request
    this.ended = this.#live().then(
      () => this.reports.end(),
      (error: unknown) => this.reports.fail(PerdureError.from(error, 'agent_exited')),
    )
  }

  send = (input: AgentInput): void => this.#inputs.push(input)
  endInput = (): void => this.#inputs.end()
  /** Says all that it has to say; nothing in these proofs interrupts it. */
  interrupt = (): Promise<readonly string[]> => Promise.resolve([])

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#inputs.end()
    this.#running?.kill('SIGKILL')
    await this.ended
  }

  get #agentSessionId(): string {
    return this.#request.conversation.agentSessionId
  }

  async #live(): Promise<void> {
    const known = await this.#request.transcripts.load({ agentSessionId: this.#agentSessionId })
    this.#transcript = known ?? []
    for await (const input of this.#inputs) {
      if (this.#isStopped) return
      await this.#turn(input)
    }
  }

  async #turn(input: AgentInput): Promise<void> {
    this.reports.push({ type: 'input_state', inputUuid: input.uuid, state: 'started' })
    this.reports.push({
      type: 'agent_started',
      agentSessionId: this.#agentSessionId,
      model: 'plain-model',
      version: '0',
      permissionMode: 'default',
      tools: ['Bash', 'Write', 'Read'],
      mcpServers: [],
      slashCommands: [],
      skills: [],
      plugins: [],
    })
    await this.#note({ type: 'user', uuid: input.uuid, message: { role: 'user', content: input.content } })
    for (let calls = await this.#answer(); calls.length > 0 && !this.#isStopped; calls = await this.#answer()) {
      for (const call of calls) if (!this.#isStopped) await this.#call(call)
    }
    if (!this.#isStopped) this.reports.push({ ...turnEnded, inputUuids: [input.uuid] })
  }

  /** Asks the model, writes down what it says, and resolves to the calls that it wants. */
  async #answer(): Promise<ToolUse[]> {
    if (this.#isStopped) return []
    const { content, id: messageId, requestId } = await this.#ask()
    for (const block of content) {
      const uuid = randomUUID()
      await this.#note({ type: 'assistant', uuid, message: { role: 'assistant', id: messageId, content: [block] } })
      this.reports.push({ ...mainThread, type: 'content_block', uuid, messageId, requestId, block, aborted: false })
    }
    return content.filter((block) => block.type === 'tool_use')
  }

  async #ask(): Promise<Answer> {
    const { gateway } = this.#request
    for (let attempt = 0; ; attempt++) {
      // A connection that was kept may be closed just as it is used again: like any client, it asks anew.
      const response = await this.#post(`${gateway!.baseUrl}/v1/messages`).catch((error: unknown) => {
        if (attempt === 3) throw error
        return null
      })
      if (response === null) continue
      const body: unknown = await response.json()
      const requestId = response.headers.get('request-id')
      if (response.ok) return { ...answerSchema.parse(body), requestId }
      if (attempt === 3)
        throw new PerdureError('server_error', `The model answers ${response.status}: ${JSON.stringify(body)}`)
    }
  }

  #post(url: string): Promise<Response> {
    return fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#request.gateway!.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'claude-haiku-4-5',
        max_tokens: 1_000,
        messages: messagesFor(this.#transcript),
      }),
    })
  }

  async #call({ id, name, input }: ToolUse): Promise<void> {
    await this.#request.beforeTool?.({ ...mainThread, toolUseId: id, toolName: name, input })
    const output = (await this.#isAllowed({ id, name, input }))
      ? await this.#run(name, input)
      : { text: 'Denied.', isError: true }
    if (this.#isStopped) return
    const uuid = randomUUID()
    const content = [{ type: 'text', text: output.text }]
    const block = { type: 'tool_result', tool_use_id: id, content, is_error: output.isError }
    await this.#note({ type: 'user', uuid, message: { role: 'user', content: [block] } })
    this.reports.push({ ...mainThread, type: 'tool_result', uuid, toolUseId: id, content, isError: output.isError })
  }

  async #isAllowed({ id, name, input }: Pick<ToolUse, 'id' | 'name' | 'input'>): Promise<boolean> {
    if (this.#request.options.allowedTools?.includes(name) === true) return true
    const { signal } = new AbortController()
    const answer = await this.#request.askPermission({ ...mainThread, toolUseId: id, toolName: name, input, reason: null, signal }) // prettier-ignore
    return answer.result === 'allow'
  }

  async #run(name: string, input: ToolUse['input']): Promise<ToolOutput> {
    try {
      if (name === 'Bash') return await this.#bash(String(input['command']))
      if (name === 'Write') await writeFile(String(input['file_path']), String(input['content']))
      else if (name === 'Read') await readFile(String(input['file_path']))
      else return { text: `There is no tool ${name}.`, isError: true }
      return { text: 'Done.', isError: false }
    } catch (error) {
      return { text: String(error), isError: true }
    }
  }

  async #bash(command: string): Promise<ToolOutput> {
    const { sandbox, options } = this.#request
    const environment = { PATH: process.env['PATH']!, PERDURE_TEST_MARK: options.env?.['PERDURE_TEST_MARK'] ?? '' }
    const { workingDirectory } = sandbox
    const running = sandbox.spawn({ command: 'sh', args: ['-c', command], workingDirectory, environment })
    this.#running = running
    const [said, exit] = await Promise.all([text(running.stdout), running.exited])
    this.#running = null
    return { text: said, isError: exit.exitCode !== 0 }
  }

  async #note(entry: TranscriptEntry): Promise<void> {
    const parentUuid = this.#transcript.at(-1)?.['uuid'] ?? null
    const whole = { parentUuid, sessionId: this.#agentSessionId, cwd: this.#request.workingDirectory, ...entry }
    this.#transcript.push(whole)
    await this.#request.transcripts.append({ agentSessionId: this.#agentSessionId }, [whole])
  }
}

const messageSchema = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.array(z.looseObject({ type: z.string(), id: z.string().optional(), tool_use_id: z.string().optional() })),
})

/** What the model is told: calls that a death left without a result are not among it. */
function messagesFor(transcript: readonly TranscriptEntry[]): unknown[] {
  const messages = transcript.flatMap(({ message }) => (message === undefined ? [] : [messageSchema.parse(message)]))
  const answered = new Set(messages.flatMap(({ content }) => content.map((block) => block.tool_use_id)))
  return messages
    .map(({ role, content }) => ({
      role,
      content: content.filter((block) => block.type !== 'tool_use' || answered.has(block.id)),
    }))
    .filter(({ content }) => content.length > 0)
}
