import { randomUUID } from 'node:crypto'
import type { Command } from '../domain/command.ts'
import { mainThreadId, newEventId, type EventId, type ThreadId } from '../domain/ids.ts'
import type { SessionStreamEvent } from '../domain/session-event.ts'
import type { SessionState } from '../domain/session-state.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentConversation, AgentProcess, PermissionAnswer, PermissionQuestion } from '../ports/agent-driver.ts'
import type { Sandbox } from '../ports/sandbox.ts'
import type { SessionRecord } from '../ports/session-records.ts'
import { openRunCheckpoints } from './checkpoints/open-run-checkpoints.ts'
import type { RunCheckpoints } from './checkpoints/run-checkpoints.ts'
import { giveBack, type Held } from './give-back.ts'
import { createInputs, type Inputs } from './inputs.ts'
import type { JoinOutput } from './join/join-output.ts'
import { Joiner } from './join/joiner.ts'
import { keepLease } from './lease-keeper.ts'
import type { OwnEvents } from './own-events.ts'
import { recoverSession, type RecoveredSession } from './recover-session.ts'
import { finishRewind } from './rewind/restore-files.ts'
import { RunBinding, type BoundRun } from './run-binding.ts'
import type { RunDependencies, RunInput, RunRequest } from './run-request.ts'
import { SessionWriter } from './session-writer.ts'
import { openAccount } from './metering/run-account.ts'
import type { RunCosts } from './metering/run-costs.ts'
import { endAgent, startAgent, type StartedAgent } from './start-agent.ts'
import { requireNotTerminated } from './require-not-terminated.ts'
import { bringFiles, mayBringFiles } from './travel/bring-files.ts'
import { transcriptsOfRun } from './transcripts-of-run.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

/** Everything that a run holds while it lives. */
export interface OpenRun {
  readonly stateBefore: SessionState
  readonly record: SessionRecord
  readonly fence: number
  readonly writer: SessionWriter
  readonly inputs: Inputs
  readonly joiner: Joiner
  readonly agent: AgentProcess
  readonly watchdog: Watchdog
  /** Null: the work tree is not saved. */
  readonly checkpoints: RunCheckpoints | null
  /** What is to be given back at the end, last taken first. */
  readonly held: readonly Held[]
}

export interface RunReactions {
  readonly own: OwnEvents
  readonly costs: RunCosts
  readonly onCommand: (command: Command) => void
  readonly onEvent: (event: SessionStreamEvent) => void
  readonly onJoined: (output: JoinOutput) => void
  readonly onPermission: (question: PermissionQuestion) => Promise<PermissionAnswer>
  /** The run cannot go on: it lost its lease, its log or its time. */
  readonly onFailure: (error: PerdureError) => void
}

/**
 * Takes up a session: lease, recovery, gateway, sandbox, agent, in this order, so that what fails
 * fails before anything was said or started.
 * @throws {PerdureError} and gives back what it had taken.
 */
export async function openRun<Options>(
  dependencies: RunDependencies<Options>,
  request: RunRequest<Options>,
  reactions: RunReactions,
): Promise<OpenRun> {
  const held: Held[] = []
  const undo: Held[] = []
  try {
    return await open({ dependencies, request, reactions, held, undo })
  } catch (error) {
    await giveBack([...held, ...undo])
    throw PerdureError.from(error)
  }
}

interface Opening<Options> {
  readonly dependencies: RunDependencies<Options>
  readonly request: RunRequest<Options>
  readonly reactions: RunReactions
  readonly held: Held[]
  /** What a run that cannot begin has to put right in the session. */
  readonly undo: Held[]
}

async function open<Options>(opening: Opening<Options>): Promise<OpenRun> {
  const { dependencies, request, reactions, held } = opening
  const { stores, clock } = dependencies
  // The folder of a session that comes from elsewhere is made before anything can be started in it.
  const isFromElsewhere = request.create === null && request.warm === null && (await mayBringFiles(request))
  const ready = isFromElsewhere ? null : await agentPlace(opening)
  const { record, conversation, fence, recovered } = await takeSession(opening, ready)
  const place = ready ?? (await agentPlace(opening))
  const checkpoints = openRunCheckpoints(dependencies, { request, own: reactions.own })
  held.push(() => checkpoints?.close())
  checkpoints?.begin(recovered.state)
  const transcripts = transcriptsOfRun(stores.transcripts, { sessionId: record.id, fence })
  const { agentSessionId } = conversation
  await dependencies.driver.completeToolCalls({ transcripts, agentSessionId, results: recovered.results })
  if (request.decision !== null) {
    await dependencies.driver.reopenToolCall({
      transcripts,
      agentSessionId,
      toolUseId: heldCall(recovered.state, request.decision.toolUseEventId),
    })
  }
  const watchdog = startWatchdog({ ...request, clock, onExpiry: reactions.onFailure })
  held.push(() => watchdog.stop())
  const joiner = createJoiner(opening, recovered.state)
  held.push(startTicking(joiner))
  const inputs = createInputs(stores.inbox, record.id)
  inputs.restore(recovered.lost, await stores.inbox.list(record.id))
  opening.undo.push(() => inputs.withdraw())
  const firstWords = firstWordsOf(request, { recovered, inputs })
  if (firstWords !== null) await inputs.add(firstWords)
  if (request.inputs === null && request.decision === null && !inputs.hasMore()) {
    throw new PerdureError('invalid_request', 'There is nothing to say: no prompt, and no message that waits.')
  }
  const userId = request.userId ?? recovered.state.userId
  const account = await openAccount(dependencies, request, { record, userId, costs: reactions.costs })
  const { agent, upstream } = await agentFor(
    opening,
    { place, conversation },
    {
      transcripts,
      askPermission: reactions.onPermission,
      beforeTool: async (call) => checkpoints?.beforeTool(call),
      account: () => account,
      observe: (observation) => {
        watchdog.seen()
        reactions.costs.observe(observation)
        joiner.observe(observation)
      },
    },
  )
  const writer = await startWriting(opening, { state: recovered.state, record, fence, upstream, userId })
  checkpoints?.writeTo(writer)
  return { stateBefore: recovered.state, record, fence, writer, inputs, joiner, agent, watchdog, checkpoints, held }
}

const goOn: RunInput = { content: [{ type: 'text', text: 'Continue from where you left off.' }], priority: 'next' }

/** What the caller says first; with nothing to say, a session whose last turn was cut, or ended by a budget, goes on with that turn. */
function firstWordsOf(
  { prompt, inputs: more, decision }: Pick<RunRequest<unknown>, 'prompt' | 'inputs' | 'decision'>,
  { recovered: { state, isCut }, inputs }: { recovered: RecoveredSession; inputs: Inputs },
): RunInput | null {
  const isSilent = prompt === null && more === null && decision === null && !inputs.hasMore()
  const isUnfinished = state.stopReason?.type === 'budget_reached' || (isCut && state.awaitingApproval.length === 0)
  return isSilent && isUnfinished ? goOn : prompt
}

/** The model's id of a call that waits for a person. @throws {PerdureError} `invalid_request` when it does not. */
function heldCall(state: SessionState, eventId: string): string {
  const toolUseId = state.awaitingApproval.includes(eventId) ? state.openTools[eventId]?.toolUseId : undefined
  if (toolUseId != null) return toolUseId
  throw new PerdureError('invalid_request', `No tool call waits for a decision under the id ${eventId}.`, {
    hint: 'The session’s state lists those that wait: awaitingApproval.',
  })
}

/**
 * Where the agent is: up already, on its way, or a sandbox to start it in. What cannot be had fails here,
 * before the session is touched. A new session's agent is started now: its process comes up while the
 * session is written down, and it is told nothing before that.
 */
async function agentPlace<Options>({ dependencies, request, held }: Opening<Options>): Promise<StartedAgent | Sandbox> {
  if (request.warm !== null) {
    const { warm } = request
    held.push(() => endAgent(warm))
    return warm
  }
  const sandbox = await dependencies.sandboxes.create({ workingDirectory: request.workingDirectory })
  if (request.create === null) {
    held.push(() => sandbox.destroy())
    return sandbox
  }
  const conversation: AgentConversation = { kind: 'new', agentSessionId: randomUUID() }
  const started = await startAgent(dependencies, {
    ...startOf(request),
    sandbox,
    conversation,
    binding: new RunBinding(),
  })
  held.push(() => endAgent(started))
  return started
}

const startOf = <Options>(request: RunRequest<Options>) => ({ ...request, tellsOfTools: request.checkpoints !== null })

/** The agent that is up already, or a new one, tied to this run. */
async function agentFor<Options>(
  { dependencies, request, held }: Opening<Options>,
  { place, conversation }: { place: StartedAgent | Sandbox; conversation: AgentConversation },
  run: BoundRun,
): Promise<StartedAgent> {
  if ('agent' in place) {
    place.binding.bind(run)
    return place
  }
  const binding = new RunBinding()
  binding.bind(run)
  const started = await startAgent(dependencies, { ...startOf(request), sandbox: place, conversation, binding })
  held.push(() => endAgent(started))
  return started
}

/** Finds or creates the session, takes its lease and binds it to a conversation of the agent's. */
async function takeSession<Options>(
  { dependencies, request, reactions, held, undo }: Opening<Options>,
  place: StartedAgent | Sandbox | null,
) {
  const { sessions, leases, transcripts } = dependencies.stores
  const { sessionId, runId, leaseTtlMs: ttlMs } = request
  if (request.create !== null) await sessions.create(request.create)
  const found = await sessions.get(sessionId)
  if (found === null) {
    throw new PerdureError('session_not_found', `There is no session ${sessionId}, or it has expired.`)
  }
  requireNotTerminated(found)
  const lease = await leases.acquire(sessionId, { owner: dependencies.leaseOwner(runId), ttlMs })
  const keeper = keepLease({ leases, lease, ttlMs, onLost: reactions.onFailure })
  held.push(() => keeper.release())
  const { fence } = lease
  // Read again: until the lease was ours, another run may have moved the session on.
  const before = (await sessions.get(sessionId))?.agentSessionId ?? null
  const now = dependencies.clock.now()
  const recovered = await recoverSession(dependencies, { sessionId, agentSessionId: before, fence, now })
  const rewound = await finishRewind(dependencies, { ...request, fence, state: recovered.state })
  const state = await bringFiles(dependencies, { ...request, fence, state: rewound })
  const own = place !== null && 'agent' in place ? place.conversation.agentSessionId : randomUUID()
  const agentSessionId = recovered.agentSessionId ?? own
  const hasHistory = recovered.agentSessionId !== null && (await transcripts.load({ agentSessionId })) !== null
  const conversation: AgentConversation = { kind: hasHistory ? 'resume' : 'new', agentSessionId }
  const record = await sessions.update(sessionId, {
    agentSessionId,
    status: 'running',
    workingDirectory: request.workingDirectory,
    fence,
  })
  undo.push(() => sessions.update(sessionId, { status: 'idle', fence }).then(() => {}))
  return { record, conversation, fence, recovered: { ...recovered, state } }
}

async function startWriting<Options>(
  { dependencies, request, reactions }: Opening<Options>,
  session: { state: SessionState; record: SessionRecord; fence: number; upstream: string; userId: string | null },
): Promise<SessionWriter> {
  const writer = new SessionWriter({
    events: dependencies.stores.events,
    sessionId: session.record.id,
    fence: session.fence,
    state: session.state,
    onEvent: reactions.onEvent,
    perform: reactions.onCommand,
    onFailure: reactions.onFailure,
  })
  writer.push(
    reactions.own.runStarted({
      run_id: request.runId,
      agent: dependencies.driver.name,
      upstream: session.upstream,
      working_directory: request.workingDirectory,
      model: session.record.model,
      fence: session.fence,
      user_id: session.userId,
    }),
  )
  // Calls that waited for a person, who now says something else: the agent takes none of them up again.
  const passedOver = Object.keys(session.state.openTools).filter((id) => id !== request.decision?.toolUseEventId)
  if (passedOver.length > 0) writer.push(reactions.own.resultsUnknown(passedOver))
  await writer.flushed()
  return writer
}

function createJoiner<Options>({ dependencies, request, reactions }: Opening<Options>, state: SessionState): Joiner {
  const threads = Object.entries(state.threads).flatMap(([threadId, { agentId, agentName }]) =>
    agentId === null ? [] : [{ agentId, agentName, threadId: threadId as ThreadId }],
  )
  const toolCalls = Object.entries(state.openTools).flatMap(([eventId, { toolUseId, isMcp }]) =>
    toolUseId === null ? [] : [[toolUseId, { eventId: eventId as EventId, mcp: isMcp }] as const],
  )
  return new Joiner({
    clock: dependencies.clock,
    newEventId,
    mainThreadId: mainThreadId(request.sessionId),
    hasGateway: true,
    emit: reactions.onJoined,
    known: { threads, toolCalls: new Map(toolCalls) },
  })
}

const tickMs = 100

function startTicking(joiner: Joiner): Held {
  const timer = setInterval(() => joiner.tick(), tickMs)
  timer.unref()
  return () => clearInterval(timer)
}
