import { resolve } from 'node:path'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import { newRunId, newSessionId, sessionIdSchema, type RunId, type SessionId } from '../domain/ids.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { systemClock } from '../ports/clock.ts'
import type { NewSessionRecord } from '../ports/session-records.ts'
import { ActiveRun } from '../runtime/active-run.ts'
import { AgentRun, type RunControl } from '../runtime/agent-run.ts'
import { forkSession } from '../runtime/fork-session.ts'
import { ownerOfThisProcess } from '../stores/leases/process-liveness.ts'
import { endAgent, type StartedAgent } from '../runtime/start-agent.ts'
import { agentDependencies } from './agent-dependencies.ts'
import { runBudgetOf } from './budget-options.ts'
import { cacheStrategyOf } from './cache-options.ts'
import { checkpointPlanOf } from './checkpoint-options.ts'
import { configuredPrices } from './configuration/configured-prices.ts'
import { chooseUpstream } from './choose-upstream.ts'
import { followRetries } from './follow-retries.ts'
import { openRunCassette } from './run-cassette.ts'
import { openWorkspace } from './open-workspace.ts'
import type { Decision } from '../runtime/run-request.ts'
import { processRuntime } from './process-runtime.ts'
import { retryPoliciesOf } from './retry-options.ts'
import type { PerdureRunOptions, RunAgentOptions } from './run-agent-options.ts'
import { runPricesOf } from './run-prices.ts'
import { splitOptions } from './split-options.ts'
import { parsePrompt, parseUserMessage } from './user-message.ts'
import { withOutcome } from './with-outcome.ts'

const sixHoursMs = 6 * 60 * 60_000
const tenMinutesMs = 10 * 60_000
const fifteenMinutesMs = 15 * 60_000
/** A driver that vanished without a trace holds its session for so long; one that died on this machine, not at all. */
export const leaseTtlMs = 15_000

/**
 * Runs an agent: a new session, or one more turn of an existing one.
 *
 * Await the returned run for its outcome, iterate over it for its events, call it to steer. What
 * goes wrong before anything has started rejects with a {@link PerdureError}; what goes wrong
 * afterwards is an outcome.
 *
 * @throws {PerdureError} `invalid_request` for options that can never be right.
 */
export function runAgent(options: RunAgentOptions): AgentRun {
  return runAgentWith(options, null)
}

/** The same, with an agent that may be up already: started with these options, for a new session. */
export function runAgentWith(options: RunAgentOptions, warm: StartedAgent | null): AgentRun {
  const { sessionPlaces } = processRuntime()
  const { own: said, agent } = splitOptions(options)
  const own = { ...said, ...sessionPlaces.of(said.sessionId, said) }
  const runId = warm?.runId ?? newRunId()
  const sessionId = sessionIdOf(own)
  sessionPlaces.note(sessionId, own)
  const run = new AgentRun({
    sessionId,
    runId,
    parseInput: parseUserMessage,
    start: async (handle) => {
      try {
        return await prepare({ own, agent, warm, runId, sessionId, isFollowed: () => handle.isFollowed })
      } catch (error) {
        if (warm !== null) await endAgent(warm)
        throw error
      }
    },
  })
  followSignal(run, own.signal)
  if (own.onRetry !== undefined) followRetries(run, own.onRetry)
  return run
}

interface Preparation {
  readonly own: PerdureRunOptions
  readonly agent: ClaudeAgentOptions
  readonly warm: StartedAgent | null
  readonly runId: RunId
  readonly sessionId: SessionId
  readonly isFollowed: () => boolean
}

async function prepare(preparation: Preparation): Promise<RunControl> {
  const { own, agent, warm, runId, sessionId, isFollowed } = preparation
  const { driver } = processRuntime()
  driver.validate(agent)
  if (own.prompt === undefined && own.sessionId === undefined) {
    throw new PerdureError('invalid_request', 'There is nothing to say: a new session needs a prompt.')
  }
  if (own.decision !== undefined && (own.prompt !== undefined || own.sessionId === undefined || own.fork === true)) {
    throw new PerdureError('invalid_request', 'Option decision goes with a sessionId, and without prompt and fork.')
  }
  const said = parsePrompt(own.prompt)
  const chosen = () => chooseUpstream(own, process.env)
  const cassette = await openRunCassette({ own, agent, driver, chooseUpstream: chosen })
  const { stores, sandboxes, workTrees } = await openWorkspace(own)
  const workingDirectory = await workingDirectoryOf(preparation, stores)
  if (own.fork === true && own.sessionId !== undefined) {
    await forkSession(
      { stores, driver },
      { from: sessionIdSchema.parse(own.sessionId), newId: sessionId, title: own.title ?? null },
    )
  }
  const active = new ActiveRun(
    {
      ...agentDependencies(sandboxes),
      driver: cassette.driver,
      stores,
      workTrees,
      clock: systemClock,
      leaseOwner: ownerOfThisProcess,
      prices: await runPricesOf(own.prices ?? (await configuredPrices(process.env))),
    },
    {
      runId,
      sessionId,
      create: own.sessionId === undefined ? newSession(preparation, workingDirectory) : null,
      workingDirectory,
      agentOptions: agent,
      upstream: cassette.upstream,
      warm,
      ...said,
      userId: own.userId ?? null,
      budget: runBudgetOf(own.budget),
      watch: { onCostUpdate: own.onCostUpdate ?? null, onMetrics: own.onMetrics ?? null },
      retries: retryPoliciesOf(own.retryPolicy),
      hasFallbackModel: agent.fallbackModel !== undefined,
      cache: cacheStrategyOf(own.cache, { isReplay: own.replay !== undefined }),
      checkpoints: checkpointPlanOf(own.checkpoints, { isIdle: toolsAreRecorded(own) }),
      workTree: own.workTree ?? 'auto',
      approvals: own.approvals ?? 'auto',
      approvalTimeoutMs: own.approvalTimeoutMs ?? (own.approvals === 'wait' ? Number.POSITIVE_INFINITY : tenMinutesMs),
      decision: decisionOf(own),
      timeoutMs: own.timeoutMs ?? sixHoursMs,
      idleTimeoutMs: own.idleTimeoutMs ?? fifteenMinutesMs,
      leaseTtlMs,
      isFollowed,
    },
  )
  return withOutcome(active, cassette.ended)
}

/** Then nothing works in the folder. */
const toolsAreRecorded = ({ replay }: PerdureRunOptions): boolean =>
  typeof replay === 'object' && replay.tools === 'recorded'

function decisionOf({ decision }: PerdureRunOptions): Decision | null {
  if (decision === undefined) return null
  const { toolUseId, result, message = 'Denied.' } = decision
  return { toolUseEventId: toolUseId, denyMessage: result === 'allow' ? null : message }
}

/** A session goes on where it worked before, unless it is told another place. */
async function workingDirectoryOf(
  { own }: Preparation,
  { sessions }: Awaited<ReturnType<typeof openWorkspace>>['stores'],
): Promise<string> {
  if (own.cwd !== undefined || own.sessionId === undefined) return resolve(own.cwd ?? '.')
  const record = await sessions.get(sessionIdSchema.parse(own.sessionId))
  return record?.workingDirectory ?? resolve('.')
}

function newSession({ own, agent, sessionId }: Preparation, workingDirectory: string): NewSessionRecord {
  return {
    id: sessionId,
    title: own.title ?? null,
    tags: own.tags ?? [],
    metadata: own.metadata ?? {},
    workingDirectory,
    model: agent.model ?? null,
    parent: null,
    ttlSeconds: own.ttl ?? null,
  }
}

function sessionIdOf(own: PerdureRunOptions): SessionId {
  if (own.sessionId === undefined) {
    if (own.fork === true) {
      throw new PerdureError('invalid_request', 'Option fork needs the sessionId of what is to be forked.')
    }
    return newSessionId()
  }
  const given = sessionIdSchema.safeParse(own.sessionId)
  if (!given.success)
    throw new PerdureError('invalid_request', `sessionId is ${given.error.issues[0]?.message}: ${own.sessionId}`)
  return own.fork === true ? newSessionId() : given.data
}

function followSignal(run: AgentRun, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const abort = (): void => {
    const reason: unknown = signal.reason
    void run.abort(PerdureError.is(reason) ? reason : 'The run’s signal was aborted.')
  }
  if (signal.aborted) return abort()
  signal.addEventListener('abort', abort, { once: true })
  const forget = (): void => signal.removeEventListener('abort', abort)
  run.then(forget, forget)
}
