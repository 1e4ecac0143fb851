import type { Options, Query, SDKUserMessage } from '@anthropic-ai/claude-agent-sdk'
import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { AgentInput, AgentProcess, AgentStartRequest } from '../../ports/agent-driver.ts'
import type { AgentReport, TurnEndedReport } from '../../ports/agent-report.ts'
import { agentEnvironment } from './agent-environment.ts'
import { AsyncQueue } from './async-queue.ts'
import { baseOptions } from './base-options.ts'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'
import { conversationOptions } from './conversation-options.ts'
import { InputLedger } from './input-ledger.ts'
import { permissionBridge } from './permission-bridge.ts'
import { processFault } from './process-fault.ts'
import { ReplayingTools } from './recorded-tools/replaying-tools.ts'
import { createSandboxSpawner, type SandboxSpawner } from './sandbox-spawner.ts'
import { sessionStoreOver } from './session-store-adapter.ts'
import { StoredCalls } from './stored-calls.ts'
import { compileOutputSchema } from './structured-output.ts'
import { withToolGate } from './tool-gate.ts'
import { createTranslator, type Translator } from './translate/translator.ts'
import { withoutShadowWarning } from './without-shadow-warning.ts'

export interface ClaudeProcessLimits {
  /** How long an agent may take to end by itself once it has nothing left to do, and after a polite signal. */
  readonly endingMs: number
}

/** One `claude` process, driven through the Agent SDK. */
export class ClaudeProcess implements AgentProcess {
  readonly reports: AsyncQueue<AgentReport> = new AsyncQueue<AgentReport>()
  readonly #request: AgentStartRequest<ClaudeAgentOptions>
  readonly #limits: ClaudeProcessLimits
  readonly #input = new AsyncQueue<SDKUserMessage>()
  readonly #inputs = new InputLedger()
  readonly #storedCalls = new StoredCalls()
  readonly #spawner: SandboxSpawner
  /** In a replay in which no tool works. */
  readonly #replay: ReplayingTools | undefined
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  readonly #initialized = Promise.withResolvers<void>()
  #query: Query | undefined
  #started = false
  #lastResult: TurnEndedReport | undefined
  /** Set once the end was asked for, with the error that made it necessary, if one did. */
  #stopping: { readonly cause: PerdureError | undefined } | undefined

  constructor(request: AgentStartRequest<ClaudeAgentOptions>, limits: ClaudeProcessLimits) {
    this.#request = request
    this.#limits = limits
    if (request.recordedTools != null)
      this.#replay = new ReplayingTools(request.recordedTools, { onDiverged: (error) => this.#stop(error) })
    this.#spawner = createSandboxSpawner({
      sandbox: request.sandbox,
      onSpawned: () => this.#stopping !== undefined && void this.#terminate(),
      onStderr: request.options.stderr,
    })
    this.ended = this.#run()
    this.ready = Promise.race([this.#initialized.promise, this.ended])
  }

  send(input: AgentInput): void {
    this.#inputs.sent(input.uuid)
    this.#input.push({
      type: 'user',
      uuid: input.uuid as `${string}-${string}-${string}-${string}-${string}`,
      message: { role: 'user', content: input.content as SDKUserMessage['message']['content'] },
      parent_tool_use_id: null,
      priority: input.priority,
    })
  }

  endInput(): void {
    this.#inputs.close()
    this.#endWhenIdle()
  }

  async interrupt(): Promise<readonly string[]> {
    try {
      const receipt = await this.#query?.interrupt()
      return receipt?.still_queued ?? []
    } catch {
      // The agent is gone, or went while it was asked: nothing runs and nothing waits.
      return []
    }
  }

  async stop(): Promise<void> {
    this.#stop(undefined)
    await this.ended
  }

  #stop(cause: PerdureError | undefined): void {
    if (this.#stopping !== undefined) return
    this.#stopping = { cause }
    this.#input.end()
    void this.#terminate()
  }

  /**
   * SIGTERM lets the agent end its commands and write down what was; whoever does not heed it is killed. An
   * agent that may not go on is killed at once.
   */
  async #terminate(): Promise<void> {
    const { process } = this.#spawner.watch
    if (process === undefined) return
    process.kill(this.#stopping?.cause === undefined ? 'SIGTERM' : 'SIGKILL')
    const late = await Promise.race([
      process.exited.then(() => false),
      delay(this.#limits.endingMs, true, { ref: false }),
    ])
    if (late) process.kill('SIGKILL')
  }

  async #run(): Promise<void> {
    try {
      await this.#drive()
      const fault = this.#stopping === undefined && this.#inputs.unfinished ? this.#fault(undefined) : undefined
      this.#end(this.#stopping?.cause ?? fault)
    } catch (error) {
      this.#end(this.#stopping === undefined ? this.#judge(error) : this.#stopping.cause)
    } finally {
      this.#input.end()
    }
  }

  /** Reads to the very end: results of background work come after the first one. */
  async #drive(): Promise<void> {
    // Loaded with the first agent, so that merely importing Perdure stays light.
    const { query } = await import('@anthropic-ai/claude-agent-sdk')
    const conversation = await conversationOptions(this.#request)
    if (this.#stopping !== undefined) return
    const ordered = this.#options(conversation.options)
    const options = (await this.#replay?.options(ordered)) ?? ordered
    const begin = (): Query => query({ prompt: this.#input, options })
    this.#query = this.#request.options.canUseTool === undefined ? withoutShadowWarning(begin) : begin()
    this.#query.initializationResult().then(
      () => this.#initialized.resolve(),
      // The iterator tells why.
      () => {},
    )
    const translate = this.#translator(conversation.costBaseUsd)
    for await (const message of this.#query) {
      for (const report of translate(message)) this.#deliver(this.#replay?.heed(report) ?? report)
      if (message.type === 'system' && message.subtype === 'mirror_error') this.#stop(transcriptLost(message.error))
    }
    await this.#spawner.watch.process?.exited
  }

  #deliver(report: AgentReport): void {
    this.#started ||= report.type === 'agent_started'
    if (report.type === 'turn_ended') this.#lastResult = report
    this.#inputs.heed(report)
    this.reports.push(report)
    this.#endWhenIdle()
  }

  /** Closing the channel while a turn runs would take its answers to questions away: it waits for the end. */
  #endWhenIdle(): void {
    if (!this.#inputs.finished || this.#input.ended) return
    this.#input.end()
    void this.#expectEnd()
  }

  async #expectEnd(): Promise<void> {
    const late = await Promise.race([this.ended.then(() => false), delay(this.#limits.endingMs, true, { ref: false })])
    if (late) this.#stop(undefined)
  }

  #translator(costBaseUsd: number): Translator {
    const { options, gateway } = this.#request
    return createTranslator({
      previews: gateway === null,
      costBaseUsd,
      checkOutput: options.outputFormat === undefined ? null : compileOutputSchema(options.outputFormat.schema),
    })
  }

  #options(conversation: Options): Options {
    const { options, workingDirectory, gateway, transcripts, askPermission, beforeTool } = this.#request
    const asksElsewhere = options.permissionPromptToolName !== undefined || options.permissionPrompts === 'none'
    return {
      ...baseOptions(options),
      forwardSubagentText: true,
      includePartialMessages: gateway === null,
      ...(asksElsewhere ? {} : { canUseTool: permissionBridge(askPermission, this.#storedCalls) }),
      ...options,
      ...(beforeTool === null ? {} : { hooks: withToolGate(options.hooks, beforeTool) }),
      ...conversation,
      cwd: workingDirectory,
      env: agentEnvironment(this.#request),
      mcpServersDelivery: 'initialize',
      pluginDelivery: 'initialize',
      sessionStore: sessionStoreOver(this.#replay?.transcripts(transcripts) ?? transcripts, {
        onUnwritable: (error) => this.#stop(error),
        onStored: (entries) => this.#storedCalls.note(entries),
        isAbandoned: () => this.#stopping?.cause !== undefined,
      }),
      sessionStoreFlush: 'eager',
      spawnClaudeCodeProcess: this.#spawner.spawn,
    }
  }

  /** An error behind an error result is the same failure told twice, and the result tells it better. */
  #judge(error: unknown): PerdureError | undefined {
    if (this.#lastResult?.isError === true && !this.#inputs.runningTurn) return undefined
    return this.#fault(error)
  }

  #fault(error: unknown): PerdureError {
    return processFault(error, { watch: this.#spawner.watch, started: this.#started })
  }

  #end(error: PerdureError | undefined): void {
    if (error === undefined) this.reports.end()
    else this.reports.end(error)
  }
}

/** The agent itself would go on, and lose what it says from here. */
const transcriptLost = (reason: string): PerdureError =>
  new PerdureError('transcript_lost', `The agent’s transcript could not be stored: ${reason}`, { details: { reason } })
