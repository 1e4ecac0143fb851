import type { AgentContentBlock, AgentReport } from '../../src/ports/agent-report.ts'
import type { ModelObservation, ModelRequestEnd } from '../../src/ports/model-observation.ts'
import type { RunInput } from './joined-run.ts'
import type { BlockPlan, RunPlan, StepPlan, TurnPlan } from './run-plan.ts'

/** Omits a key from each member of a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never

interface Carry {
  toolResultIds: string[]
  tailText: string
}

/** The agent as a clock sees it: plays a plan out in time, on both channels, as the real one behaves. */
export function playRunPlan(plan: RunPlan): RunInput[] {
  const player = new Player(plan.forwardsSubAgentText)
  let nowMs = 10
  for (const turn of plan.turns) nowMs = player.playTurn(turn, nowMs) + 20
  return player.timeline()
}

// The agent reports a finished block this much after the wire.
const reportLagMs = 3

class Player {
  readonly #forwards: boolean
  readonly #inputs: RunInput[] = []
  /** The agent reports in one order per thread. */
  readonly #reportedMs = new Map<string | null, number>()
  readonly #resultsMs = new Map<string | null, number>()
  #count = 0

  constructor(forwards: boolean) {
    this.#forwards = forwards
  }

  timeline(): RunInput[] {
    return this.#inputs.toSorted((left, right) => left.atMs - right.atMs)
  }

  playTurn(turn: TurnPlan, startMs: number): number {
    let nowMs = startMs
    if (turn.compactsFirst) nowMs = this.#playCompaction(nowMs)
    if (turn.sideRequest) this.#playSide(nowMs)
    const carry: Carry = { toolResultIds: [], tailText: 'prompt' }
    for (const step of turn.steps) nowMs = this.#playStep(step, { thread: null, carry, nowMs })
    return this.#playEnding(turn.ending, { carry, nowMs })
  }

  #playStep(step: StepPlan, at: { thread: string | null; carry: Carry; nowMs: number }): number {
    const { thread, carry } = at
    let nowMs = at.nowMs
    this.#reportedMs.set(thread, Math.max(this.#reportedMs.get(thread) ?? 0, this.#resultsMs.get(thread) ?? 0))
    for (const failure of step.failures) nowMs = this.#playFailure(failure, { thread, carry, nowMs }) + 15
    const wire = this.#open(thread, { carry, nowMs, streamed: step.streamed })
    carry.toolResultIds = []
    carry.tailText = ''
    const ends: number[] = []
    for (const [index, block] of step.blocks.entries()) {
      ends.push(this.#playBlock(block, { wire, index, step, carry }))
    }
    const how = this.#wireEnd(step)
    wire.close(how, step.paceMs)
    if (how !== 'complete') this.#sayBroken(wire, { carry, withTool: step.end === 'cut_after_tool' })
    return Math.max(wire.nowMs + reportLagMs, this.#reportedMs.get(thread) ?? 0, ...ends) + 4
  }

  /** A request only breaks off where the agent would have kept what it had. */
  #wireEnd(step: StepPlan): ModelRequestEnd {
    const last = step.blocks.at(-1)
    if (!step.streamed || step.end === 'complete') return 'complete'
    if (step.end === 'cut_after_text' && last?.type === 'text' && /\S/.test(last.pieces.join(''))) return 'stream_error'
    return step.end === 'cut_after_tool' && last?.type === 'tool' ? 'upstream_cut' : 'complete'
  }

  #sayBroken(wire: Wire, { carry, withTool }: { carry: Carry; withTool: boolean }): void {
    const uuid = this.#id('uuid')
    const { thread } = wire
    if (withTool) {
      const error = { code: 'connection_failed', message: 'mid-response', retryable: true, hint: '' } as const
      this.#report(wire.nowMs + 1, { type: 'model_error', thread, uuid, requestId: null, error })
    } else {
      carry.tailText = 'The answer was cut off mid-stream.'
      this.#report(wire.nowMs + 1, { type: 'harness_message', thread, uuid, text: carry.tailText })
    }
  }

  #playBlock(
    block: BlockPlan,
    { wire, index, step, carry }: { wire: Wire; index: number; step: StepPlan; carry: Carry },
  ): number {
    const isCall = block.type === 'tool' || block.type === 'agent'
    const pieces = isCall ? ['{', '}'] : block.pieces
    const toolUseId = isCall ? this.#id('toolu') : undefined
    const blockType = isCall ? 'tool_use' : block.type
    wire.block({ index, blockType, toolUseId, pieces, paceMs: step.paceMs })
    const text = pieces.join('')
    const said = ((): AgentContentBlock => {
      if (toolUseId !== undefined) return { type: 'tool_use', id: toolUseId, name: toolName(block), input: {} }
      return block.type === 'thinking' ? { type: 'thinking', thinking: text, signature: 's' } : { type: 'text', text }
    })()
    const isSilent = (said.type === 'text' && !/\S/.test(text)) || (!this.#forwards && wire.thread !== null && !isCall)
    const saidMs = isSilent ? wire.nowMs : this.#say(wire, said, { aborted: false })
    if (toolUseId === undefined) return saidMs
    carry.toolResultIds.push(toolUseId)
    if (block.type === 'tool')
      return this.#finishTool(wire.thread, { toolUseId, atMs: saidMs + block.durationMs, lagMs: block.resultLagMs })
    return block.type === 'agent' ? this.#playAgent(block, { parent: wire.thread, toolUseId, nowMs: saidMs }) : saidMs
  }

  #playAgent(
    agent: Extract<BlockPlan, { type: 'agent' }>,
    { parent, toolUseId, nowMs }: { parent: string | null; toolUseId: string; nowMs: number },
  ): number {
    const thread = this.#id('agent')
    this.#report(nowMs + 1, {
      type: 'thread_started',
      thread,
      parentThread: parent,
      toolUseId,
      agentName: 'worker',
      background: agent.background,
    })
    const begunMs = this.#reportedMs.get(parent) ?? 0
    this.#reportedMs.set(thread, begunMs)
    this.#report(begunMs, { type: 'thread_prompt', thread, uuid: this.#id('uuid'), text: 'go' })
    const carry: Carry = { toolResultIds: [], tailText: 'go' }
    let doneMs = begunMs + agent.leadMs
    for (const step of agent.steps) doneMs = this.#playStep(step, { thread, carry, nowMs: doneMs })
    this.#report(doneMs + 1, { type: 'thread_ended', thread, status: 'completed' })
    const resultMs = agent.background ? begunMs + 2 : doneMs + 2
    return this.#finishTool(parent, { toolUseId, atMs: resultMs, lagMs: 0 })
  }

  /** A sub-agent's next request may overtake the report of the results that it carries. */
  #finishTool(
    thread: string | null,
    { toolUseId, atMs, lagMs }: { toolUseId: string; atMs: number; lagMs: number },
  ): number {
    const reportedMs = thread === null ? atMs : atMs + lagMs
    const uuid = this.#id('uuid')
    this.#resultsMs.set(thread, Math.max(this.#resultsMs.get(thread) ?? 0, reportedMs))
    this.#inputs.push({
      atMs: reportedMs,
      report: { type: 'tool_result', thread, uuid, toolUseId, content: [{ type: 'text', text: 'ok' }], isError: false },
    })
    return atMs
  }

  #playFailure(kind: 'http_error' | 'cut_early', at: { thread: string | null; carry: Carry; nowMs: number }): number {
    const wire = this.#open(at.thread, { ...at, streamed: true, status: kind === 'http_error' ? 529 : 200 })
    if (kind === 'cut_early') wire.part({ index: 0, blockType: 'text', pieces: ['begun'] })
    wire.end(kind === 'http_error' ? 'http_error' : 'upstream_cut')
    const error = { code: 'overloaded', message: 'busy', retryable: true, hint: '' } as const
    const { thread } = at
    this.#report(wire.nowMs + 2, { type: 'retrying', thread, attempt: 1, maxAttempts: 9, delayMs: 10, error })
    return wire.nowMs
  }

  #playEnding(ending: TurnPlan['ending'], { carry, nowMs }: { carry: Carry; nowMs: number }): number {
    const wire = this.#open(null, { carry, nowMs, streamed: true, status: ending === 'model_error' ? 500 : 200 })
    if (ending === 'answer') {
      wire.block({ index: 0, blockType: 'text', pieces: ['do', 'ne'], paceMs: 1 })
      this.#say(wire, { type: 'text', text: 'done' }, { aborted: false })
      wire.close('complete', 1)
    } else if (ending === 'model_error') {
      wire.end('http_error')
      const error = { code: 'server_error', message: 'no', retryable: true, hint: '' } as const
      const { requestId } = wire
      this.#report(wire.nowMs + 2, { type: 'model_error', thread: null, uuid: this.#id('uuid'), requestId, error })
    } else {
      const isText = ending === 'interrupt_text'
      wire.part({ index: 0, blockType: isText ? 'text' : 'thinking', pieces: ['cut', ' sho', 'rt'] })
      wire.end('client_abort')
      if (isText) this.#say(wire, { type: 'text', text: 'cut sho' }, { aborted: true })
      this.#report(wire.nowMs + 4, { type: 'interruption', thread: null, uuid: this.#id('uuid') })
    }
    return this.#endTurn(wire.nowMs + 6, ending)
  }

  #endTurn(atMs: number, ending: TurnPlan['ending']): number {
    const aborted = ending === 'interrupt_text' || ending === 'interrupt_thinking'
    return this.#report(atMs, {
      type: 'turn_ended',
      isError: ending !== 'answer',
      subtype: aborted ? 'error_during_execution' : 'success',
      terminalReason: aborted ? 'aborted_streaming' : null,
      stopReason: null,
      text: '',
      error: null,
      costUsd: 0,
      modelUsage: {},
      permissionDenials: 0,
      inputUuids: [],
      durationMs: 1,
    })
  }

  #playSide(nowMs: number): void {
    const wire = this.#open(null, { carry: { toolResultIds: [], tailText: '' }, nowMs, streamed: true, kind: 'side' })
    wire.block({ index: 0, blockType: 'text', pieces: ['A title'], paceMs: 2 })
    wire.close('complete', 1)
  }

  #playCompaction(startMs: number): number {
    this.#report(startMs, { type: 'compaction', phase: 'started', detail: {} })
    const carry = { toolResultIds: [], tailText: 'Summarise.' }
    const wire = this.#open(null, { carry, nowMs: startMs + 5, streamed: true, kind: 'compaction' })
    wire.block({ index: 0, blockType: 'text', pieces: ['so far: nothing'], paceMs: 2 })
    wire.close('complete', 1)
    this.#report(wire.nowMs + 2, { type: 'compaction', phase: 'ended', detail: {} })
    return this.#report(wire.nowMs + 3, { type: 'compaction', phase: 'done', detail: {} }) + 5
  }

  #say(wire: Wire, block: AgentContentBlock, { aborted }: { aborted: boolean }): number {
    const { thread, messageId, requestId } = wire
    const report = {
      type: 'content_block',
      thread,
      uuid: this.#id('uuid'),
      messageId,
      requestId,
      block,
      aborted,
    } as const
    return this.#report(wire.nowMs + reportLagMs, report)
  }

  #report(atMs: number, report: AgentReport): number {
    const thread = 'thread' in report && report.type !== 'thread_started' ? report.thread : null
    const order = report.type === 'thread_started' ? report.parentThread : thread
    const saidMs = Math.max(atMs, this.#reportedMs.get(order) ?? 0)
    this.#reportedMs.set(order, saidMs)
    this.#inputs.push({ atMs: saidMs, report })
    return saidMs
  }

  #id(prefix: string): string {
    this.#count += 1
    return `${prefix}_${this.#count}`
  }

  #open(thread: string | null, options: Omit<WireStart, 'request' | 'thread'>): Wire {
    this.#count += 1
    return new Wire(this.#inputs, { ...options, request: this.#count, thread })
  }
}

const toolName = (block: BlockPlan): string => {
  if (block.type === 'agent') return 'Agent'
  return block.type === 'tool' && block.mcp ? 'mcp__files__read_all' : 'Bash'
}

interface WireStart {
  readonly request: number
  readonly thread: string | null
  readonly carry: Carry
  readonly nowMs: number
  readonly streamed: boolean
  readonly status?: number
  readonly kind?: 'turn' | 'side' | 'compaction'
}

/** One model request as the gateway sees it. */
class Wire {
  readonly thread: string | null
  readonly messageId: string
  readonly requestId: string
  nowMs: number
  readonly #request: number
  readonly #streamed: boolean
  readonly #inputs: RunInput[]
  readonly #whole: { blockType: string; text: string; toolUseId?: string }[] = []

  constructor(inputs: RunInput[], start: WireStart) {
    const { request, thread, carry, streamed, kind = 'turn', status = 200 } = start
    this.#inputs = inputs
    this.#request = request
    this.#streamed = streamed
    this.thread = thread
    this.messageId = `msg_${request}`
    this.requestId = `req_${request}`
    this.nowMs = start.nowMs
    const { toolResultIds, tailText } = carry
    this.#see({
      type: 'request',
      thread,
      parentThread: null,
      kind,
      model: 'm',
      streamed,
      toolResultIds: [...toolResultIds],
      tailText,
    })
    this.#see({ type: 'response', status, requestId: this.requestId })
    const usage = { input_tokens: 3 }
    if (status === 200 && streamed) this.#see({ type: 'message_start', messageId: this.messageId, model: 'm', usage })
  }

  block(block: BlockStart): void {
    if (!this.#streamed) {
      const { blockType, toolUseId, pieces } = block
      this.#whole.push({ blockType, text: pieces.join(''), ...(toolUseId === undefined ? {} : { toolUseId }) })
      return
    }
    this.part(block)
    this.#see({ type: 'block_stop', index: block.index })
  }

  /** A block that is not closed. */
  part({ index, blockType, toolUseId, pieces, paceMs = 1 }: BlockStart): void {
    this.#see({ type: 'block_start', index, blockType, text: '', ...(toolUseId === undefined ? {} : { toolUseId }) })
    const deltaType = blockType === 'tool_use' ? 'input_json_delta' : `${blockType}_delta`
    for (const text of pieces) {
      this.nowMs += paceMs
      this.#see({ type: 'block_delta', index, deltaType, text })
    }
  }

  close(how: ModelRequestEnd, paceMs: number): void {
    this.nowMs += paceMs
    const usage = { output_tokens: 9 }
    const { messageId } = this
    if (!this.#streamed) {
      this.#see({ type: 'message', messageId, model: 'm', blocks: this.#whole, usage, stopReason: 'end_turn' })
    } else if (how === 'complete') this.#see({ type: 'usage', usage, stopReason: 'end_turn' })
    this.end(how)
  }

  end(how: ModelRequestEnd): void {
    this.#see({ type: 'end', how })
  }

  #see(observation: Without<ModelObservation, 'request' | 'atMs'>): void {
    const seen = { ...observation, request: this.#request, atMs: this.nowMs } as ModelObservation
    this.#inputs.push({ atMs: this.nowMs, observation: seen })
  }
}

interface BlockStart {
  readonly index: number
  readonly blockType: string
  readonly toolUseId?: string | undefined
  readonly pieces: readonly string[]
  readonly paceMs?: number
}
