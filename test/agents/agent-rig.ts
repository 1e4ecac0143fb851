import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { ClaudeAgentOptions } from '../../src/agents/claude/claude-agent-options.ts'
import { createClaudeDriver } from '../../src/agents/claude/create-claude-driver.ts'
import { newRunId } from '../../src/domain/ids.ts'
import { textContent, type UserContent } from '../../src/domain/user-input.ts'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { recordToolCalls } from '../../src/gateway/cassette/tools/record-tool-calls.ts'
import type { Script, ScriptReply, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'
import type { AgentConversation, AgentProcess, AgentStartRequest } from '../../src/ports/agent-driver.ts'
import type { AgentReport } from '../../src/ports/agent-report.ts'
import type { RecordedTools } from '../../src/ports/recorded-tools.ts'
import type { Sandbox, SandboxCommand } from '../../src/ports/sandbox.ts'
import type { ToolCallRecorder } from '../../src/ports/tool-record.ts'
import type {
  ListedTranscript,
  TranscriptEntry,
  TranscriptKey,
  TranscriptStore,
} from '../../src/ports/transcript-store.ts'
import { createLocalSandboxProvider, type LocalSandboxOptions } from '../../src/sandboxes/local/local-provider.ts'
import { scriptedModel, type ScriptedRequest } from '../../src/testing/scripted-model.ts'

/** A folder of the test's own, gone with it. */
export class TestFolder implements Disposable {
  readonly path: string

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'perdure-agents-'))
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** The transcript port over a plain map, for tests of the driver alone. */
export class MapTranscripts implements TranscriptStore {
  readonly entries = new Map<string, TranscriptEntry[]>()
  /** Thrown by every further append while it is set. */
  failure: Error | undefined

  async append(key: TranscriptKey, entries: readonly TranscriptEntry[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    const known = this.entries.get(nameOf(key)) ?? []
    const fresh = entries.filter(
      (entry) => entry['uuid'] === undefined || !known.some((it) => it['uuid'] === entry['uuid']),
    )
    this.entries.set(nameOf(key), [...known, ...fresh])
  }

  async load(key: TranscriptKey): Promise<TranscriptEntry[] | null> {
    return this.entries.get(nameOf(key)) ?? null
  }

  async listSubpaths(agentSessionId: string): Promise<string[]> {
    const prefix = `${agentSessionId}/`
    return [...this.entries.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  }

  async list(): Promise<ListedTranscript[]> {
    return [...this.entries.keys()]
      .filter((name) => !name.includes('/'))
      .map((agentSessionId) => ({ agentSessionId, updatedAt: new Date(0), summary: null }))
  }

  async delete(key: TranscriptKey): Promise<void> {
    this.entries.delete(nameOf(key))
  }
}

const nameOf = (key: TranscriptKey): string =>
  key.subpath === undefined ? key.agentSessionId : `${key.agentSessionId}/${key.subpath}`

export interface AgentRun {
  readonly script: Script | readonly ScriptRule[]
  readonly options?: ClaudeAgentOptions
  readonly cwd: string
  readonly conversation?: AgentConversation
  readonly transcripts?: TranscriptStore
  readonly askPermission?: AgentStartRequest<ClaudeAgentOptions>['askPermission']
  readonly endingTimeoutMs?: number
  readonly sandbox?: LocalSandboxOptions
  /** Lets the agent find its model by the variables of this process. */
  readonly withoutGateway?: boolean
  /** Keeps the tool calls. */
  readonly recorder?: ToolCallRecorder
  /** No tool works: what they gave is taken from here. */
  readonly recordedTools?: RecordedTools
}

export interface RecordedCommand extends SandboxCommand {
  readonly lines: string[]
}

/** A sandbox that keeps what is started in it and what that is told. */
function recording(sandbox: Sandbox): Sandbox & { readonly commands: RecordedCommand[] } {
  const commands: RecordedCommand[] = []
  const spawn = (command: SandboxCommand) => {
    const started = sandbox.spawn(command)
    const lines: string[] = []
    commands.push({ ...command, lines })
    const told = new PassThrough()
    told.pipe(started.stdin)
    told.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n').filter(Boolean)))
    return { ...started, stdin: told }
  }
  return { ...sandbox, spawn, commands }
}

/** An agent under test, with all that it stands on; everything but the model's words is the real thing. */
export interface RunningAgent extends AsyncDisposable {
  readonly process: AgentProcess
  readonly agentSessionId: string
  readonly requests: readonly ScriptedRequest[]
  /** What was started in the sandbox, and the lines it was told. */
  readonly commands: readonly RecordedCommand[]
  say(content: string | UserContent, priority?: 'now' | 'next' | 'later'): string
  /** Resolves to the first report that fits, old or new. */
  until(fits: (report: AgentReport) => boolean): Promise<AgentReport>
  readonly seen: readonly AgentReport[]
  /** Resolves when the reports end; to their error, if they end with one. */
  readonly ended: Promise<PerdureError | undefined>
}

export async function startAgent(run: AgentRun): Promise<RunningAgent> {
  const model = scriptedModel(run.script)
  const gateway = createModelGateway({ defaultUpstream: model })
  const gatewayRun = await gateway.openRun({ runId: newRunId(), observe: () => {} })
  const sandbox = recording(await createLocalSandboxProvider(run.sandbox).create({ workingDirectory: run.cwd }))
  const folder = new TestFolder()
  const conversation = run.conversation ?? { kind: 'new', agentSessionId: randomUUID() }
  const plain = createClaudeDriver(run.endingTimeoutMs === undefined ? {} : { endingTimeoutMs: run.endingTimeoutMs })
  const driver = run.recorder === undefined ? plain : recordToolCalls(plain, run.recorder)
  // A home of its own: what a killed shell of the agent leaves half done, it leaves there.
  const options = { ...run.options, env: { HOME: folder.path, ...run.options?.env } }
  driver.validate(options)
  const process = driver.start({
    options,
    workingDirectory: run.cwd,
    sandbox,
    gateway: run.withoutGateway === true ? null : gatewayRun,
    conversation,
    transcripts: run.transcripts ?? new MapTranscripts(),
    configDirectory: folder.path,
    recordedTools: run.recordedTools ?? null,
    beforeTool: null,
    askPermission: run.askPermission ?? (async () => ({ result: 'deny', message: 'nobody is here to ask' })),
  })
  const { seen, ended, until } = collect(process)
  return {
    process,
    agentSessionId: conversation.agentSessionId,
    requests: model.requests,
    commands: sandbox.commands,
    seen,
    ended,
    until,
    say: (content, priority = 'next') => {
      const uuid = randomUUID()
      process.send({ uuid, content: typeof content === 'string' ? textContent(content) : content, priority })
      return uuid
    },
    [Symbol.asyncDispose]: async () => {
      await process.stop()
      await sandbox.destroy()
      await gateway.close()
      folder[Symbol.dispose]()
    },
  }
}

function collect(process: AgentProcess): Pick<RunningAgent, 'seen' | 'ended' | 'until'> {
  const seen: AgentReport[] = []
  const waiting = new Set<() => void>()
  const read = async (): Promise<PerdureError | undefined> => {
    try {
      for await (const report of process.reports) {
        seen.push(report)
        waiting.forEach((wake) => wake())
      }
      return undefined
    } catch (error) {
      return PerdureError.from(error)
    }
  }
  let over = false
  const ended = read().finally(() => {
    over = true
    waiting.forEach((wake) => wake())
  })
  const until = async (fits: (report: AgentReport) => boolean): Promise<AgentReport> => {
    while (true) {
      const found = seen.find(fits)
      if (found !== undefined) return found
      if (over) throw new Error(`The agent ended before that: ${seen.map((report) => report.type).join(' ')}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      await promise
      waiting.delete(resolve)
    }
  }
  return { seen, ended, until }
}

export interface FinishedAgent {
  readonly reports: readonly AgentReport[]
  readonly error: PerdureError | undefined
  readonly requests: readonly ScriptedRequest[]
  readonly commands: readonly RecordedCommand[]
  readonly agentSessionId: string
}

/** Says one thing to an agent and lets it end by itself. */
export async function runAgent(run: AgentRun & { readonly prompt: string | UserContent }): Promise<FinishedAgent> {
  await using agent = await startAgent(run)
  agent.say(run.prompt)
  agent.process.endInput()
  const error = await agent.ended
  const { seen: reports, requests, commands, agentSessionId } = agent
  return { reports, error, requests, commands, agentSessionId }
}

/** Reports of one type. */
export const reportsOf = <Type extends AgentReport['type']>(
  reports: readonly AgentReport[],
  type: Type,
): Extract<AgentReport, { type: Type }>[] =>
  reports.filter((report): report is Extract<AgentReport, { type: Type }> => report.type === type)

/** Bodies of the model requests, as far as the tests look into them. */
export interface WireBody {
  readonly model: string
  readonly tools: readonly { readonly name: string; readonly [field: string]: unknown }[]
  readonly system: readonly { readonly text: string }[]
  readonly messages: readonly { readonly role: string; readonly content: unknown }[]
  readonly [field: string]: unknown
}

export const bodiesOf = (requests: readonly ScriptedRequest[]): readonly WireBody[] =>
  requests.filter(({ path }) => path.startsWith('/v1/messages?')).map(({ body }) => body as WireBody)

/** The text of all that a request says, for `toContain`. */
export const wordsOf = (body: WireBody | undefined): string => JSON.stringify([body?.system, body?.messages])

/** Tools on the wire; the agent's placeholder for those that may be loaded later is none. */
export const toolNames = (body: WireBody | undefined): string[] =>
  (body?.tools ?? []).map(({ name }) => name).filter((name) => name !== 'DeferredToolPlaceholder')

/** A scripted call of one tool. */
export const call = (name: string, input: Record<string, unknown>): ScriptReply => ({ tool: { name, input } })

/** The text of a tool's result, per call. */
export const resultsOf = (reports: readonly AgentReport[]): { text: string; isError: boolean }[] =>
  reportsOf(reports, 'tool_result').map(({ content, isError }) => ({
    text: content.map((block) => (typeof block['text'] === 'string' ? block['text'] : `[${block.type}]`)).join(''),
    isError,
  }))
