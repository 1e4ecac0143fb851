import { randomUUID } from 'node:crypto'
import { newRunId, newSessionId, type SessionId } from '../../src/domain/ids.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type {
  AgentDriver,
  AgentInput,
  AgentProcess,
  AgentStartRequest,
  PermissionAnswer,
} from '../../src/ports/agent-driver.ts'
import type { AgentReport, TurnEndedReport } from '../../src/ports/agent-report.ts'
import type { RunAccount } from '../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import { defaultRetryPolicies } from '../../src/ports/retry-policy.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { ActiveRun } from '../../src/runtime/active-run.ts'
import { LiveQueue } from '../../src/runtime/live-queue.ts'
import type { RunDependencies, RunInput, RunRequest } from '../../src/runtime/run-request.ts'
import { StartSlots } from '../../src/runtime/start-slots.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { sampleOwner, sampleRecord, scopeA } from '../../src/testing/contract-samples.ts'

type Append = WorkspaceStores['events']['append']

/** Stores in memory whose log appends as the test says. */
export function storesAppending(change: (append: Append) => Append): WorkspaceStores {
  const stores = openMemoryStorage().workspace(scopeA)
  const { events } = stores
  return {
    ...stores,
    events: {
      append: change(events.append.bind(events)),
      read: events.read.bind(events),
      head: events.head.bind(events),
      subscribe: events.subscribe.bind(events),
      delete: events.delete.bind(events),
    },
  }
}

/** An agent that says what the test makes it say. */
export class FakeAgent implements AgentProcess {
  readonly reports = new LiveQueue<AgentReport>()
  readonly ready = Promise.resolve()
  readonly heard: AgentInput[] = []
  interrupts = 0
  observe: (observation: ModelObservation) => void = () => {}
  /** Who pays, as the gateway is told. */
  account: () => RunAccount = () => {
    throw new Error('not started')
  }
  askPermission: AgentStartRequest<null>['askPermission'] = () => Promise.reject(new Error('not started'))
  readonly #ended = Promise.withResolvers<void>()
  readonly ended = this.#ended.promise
  readonly #onInput: (agent: FakeAgent, input: AgentInput) => unknown

  constructor(onInput: (agent: FakeAgent, input: AgentInput) => unknown) {
    this.#onInput = onInput
  }

  send(input: AgentInput): void {
    this.heard.push(input)
    this.#onInput(this, input)
  }

  endInput(): void {
    this.end()
  }

  async interrupt(): Promise<readonly string[]> {
    this.interrupts += 1
    return []
  }

  async stop(): Promise<void> {
    this.end()
  }

  end(): void {
    this.reports.end()
    this.#ended.resolve()
  }

  endTurn(input: AgentInput, change: Partial<TurnEndedReport> = {}): void {
    this.reports.push({ ...turnEnded, inputUuids: [input.uuid], ...change })
  }

  /** The model answers with calls of a tool. */
  answerWithCalls(...toolUseIds: string[]): void {
    const at = { request: 1, atMs: 0 }
    const named = { messageId: 'msg_1', model: 'm' }
    this.observe({
      ...at,
      type: 'request',
      thread: null,
      parentThread: null,
      kind: 'turn',
      model: 'm',
      streamed: false,
      toolResultIds: [],
      tailText: '',
    })
    this.observe({ ...at, type: 'response', status: 200, requestId: 'req_1' })
    const blocks = toolUseIds.map((toolUseId) => ({ blockType: 'tool_use', text: '', toolUseId, toolName: 'Bash' }))
    this.observe({ ...at, ...named, type: 'message', blocks, usage: {}, stopReason: 'tool_use' })
    this.observe({ ...at, type: 'end', how: 'complete' })
    for (const id of toolUseIds) {
      const block = { type: 'tool_use', id, name: 'Bash', input: {} } as const
      const answer = { thread: null, uuid: randomUUID(), messageId: 'msg_1', requestId: 'req_1', aborted: false }
      this.reports.push({ type: 'content_block', block, ...answer })
    }
  }

  ask(toolUseId: string): Promise<PermissionAnswer> {
    const question = { toolName: 'Bash', input: {}, thread: null, reason: null }
    return this.askPermission({ toolUseId, ...question, signal: new AbortController().signal })
  }
}

/** A turn that went well, and of which nothing is known. */
export const turnEnded = {
  type: 'turn_ended',
  isError: false,
  subtype: 'success',
  terminalReason: 'completed',
  stopReason: 'end_turn',
  text: '',
  error: null,
  costUsd: 0,
  modelUsage: {},
  permissionDenials: 0,
  inputUuids: [],
  durationMs: 1,
} satisfies AgentReport

export const says = (text: string): RunInput => ({ content: [{ type: 'text', text }], priority: 'next' })

async function* nothing(): AsyncGenerator<RunInput, void> {}

export interface FakeRunOptions {
  readonly stores?: WorkspaceStores
  /** Goes on with this session. */
  readonly sessionId?: SessionId
  /** What the agent does about an input; ends the turn at once when left out. */
  readonly onInput?: (agent: FakeAgent, input: AgentInput) => unknown
  readonly dependencies?: Partial<RunDependencies<null>>
  readonly request?: Partial<RunRequest<null>>
}

/** A run over real stores in memory, whose agent is a fake: for what a real one would not do when asked. */
export function fakeRun(options: FakeRunOptions = {}) {
  const stores = options.stores ?? openMemoryStorage().workspace(scopeA)
  const agent = new FakeAgent(options.onInput ?? ((self, input) => self.endTurn(input)))
  const sessionId = options.sessionId ?? newSessionId()
  const driver: AgentDriver<null> = {
    name: 'fake',
    validate: () => {},
    start: ({ askPermission }) => {
      agent.askPermission = askPermission
      return agent
    },
    forkConversation: () => Promise.reject(new Error('a fake does not fork')),
    reopenToolCall: () => Promise.resolve(),
    completeToolCalls: async () => {},
    inputsIn: () => new Set(),
  }
  const dependencies: RunDependencies<null> = {
    stores,
    driver,
    clock: systemClock,
    leaseOwner: () => sampleOwner(process.pid),
    prices: { billed: [], list: [] },
    workTrees: {
      open: () => {
        throw new Error('a fake has no work tree')
      },
    },
    startSlots: new StartSlots(4),
    createConfigDirectory: () => Promise.resolve({ path: '/nowhere', remove: () => Promise.resolve() }),
    gateway: {
      openRun: ({ observe, account }) => {
        agent.observe = observe
        if (account !== undefined) agent.account = account
        return Promise.resolve({ baseUrl: '', token: '', upstream: 'fake', close: () => Promise.resolve() })
      },
      close: () => Promise.resolve(),
    },
    sandboxes: {
      name: 'local',
      capabilities: { isolation: 'none', network: [], signals: [] },
      check: () => Promise.resolve({ ok: true, reaping: 'kernel' }),
      create: ({ workingDirectory }) =>
        Promise.resolve({
          provider: 'local',
          workingDirectory,
          spawn: () => {
            throw new Error('a fake spawns nothing')
          },
          destroy: () => Promise.resolve(),
        }),
    },
    ...options.dependencies,
  }
  const run = new ActiveRun(dependencies, {
    runId: newRunId(),
    sessionId,
    create: options.sessionId === undefined ? sampleRecord({ id: sessionId }) : null,
    workingDirectory: '/work/tree',
    agentOptions: null,
    upstream: null,
    warm: null,
    prompt: says('Do it.'),
    inputs: nothing(),
    userId: null,
    budget: null,
    watch: { onCostUpdate: null, onMetrics: null },
    retries: { ...defaultRetryPolicies, agentStart: { ...defaultRetryPolicies.agentStart, maxAttempts: 1 } },
    hasFallbackModel: false,
    cache: null,
    checkpoints: null,
    workTree: 'keep',
    approvals: 'wait',
    approvalTimeoutMs: 60_000,
    decision: null,
    timeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    leaseTtlMs: 60_000,
    isFollowed: () => true,
    ...options.request,
  })
  return { run, agent, stores, sessionId }
}
