import { resolve } from 'node:path'
import { newRunId, sessionIdSchema, type SessionId } from '../../domain/ids.ts'
import { checkName, checkSubmission } from '../../engines/rules/check-submission.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Json, RunSchedule } from '../../ports/run-engine.ts'
import { defaultScope } from '../../ports/storage.ts'
import { openWorkspace } from '../open-workspace.ts'
import { processRuntime } from '../process-runtime.ts'
import type { RunAgentOptions } from '../run-agent-options.ts'
import { splitOptions } from '../split-options.ts'
import { parseUserMessage } from '../user-message.ts'
import { openEngine, storageOfEngine, type EngineOptions } from './open-engine.ts'
import {
  engineIdOf,
  placeOfWords,
  sayInSession,
  sessionRunKind,
  sessionRunSchema,
  tenantOf,
  type SessionRun,
} from './session-run.ts'

/** What a queue cannot hold, or may not: functions, connections, and the environment with its secrets. */
const notQueued = ['signal', 'upstream', 'env', 'fork', 'decision', 'onCostUpdate', 'onMetrics', 'onRetry'] as const

/** A run for workers: the prompt, and those options of `runAgent` that are plain JSON. */
export type QueuedRunOptions = EngineOptions &
  Omit<RunAgentOptions, 'prompt' | 'storage' | (typeof notQueued)[number]> & {
    readonly prompt: RunAgentOptions['prompt'] & (string | readonly unknown[])
  }

export type SubmitRunOptions = QueuedRunOptions & {
  /** Names the run: the same id twice runs once, as it was submitted first. Default: a new one. */
  readonly id?: string
  /** Smaller first, among the runs of a workspace. Default: 100. */
  readonly priority?: number
  /** Not before this time. The prompt stands in the session only then. */
  readonly startAt?: Date
}

/** A run at each time of a cron expression. */
export type ScheduleRunsOptions = QueuedRunOptions & {
  /** One schedule of this name in a workspace. */
  readonly name: string
  /** Five fields, or six with seconds first, in UTC. */
  readonly cron: string
}

/**
 * Queues a run for the workers. When it resolves the prompt is durable in the session's inbox and the run in the queue.
 * @throws {PerdureError} `invalid_request`; `option_not_supported` for an option that no queue can hold; `session_not_found`.
 */
export async function submitRun(options: SubmitRunOptions): Promise<{ runId: string; sessionId: SessionId }> {
  const { id: runId = newRunId(), priority, startAt, ...rest } = options
  const run = sessionRunOf(rest)
  const tenant = tenantOf(run)
  const place = {
    id: engineIdOf(tenant, runId),
    tenant,
    ...(priority === undefined ? {} : { priority }),
    ...(startAt === undefined ? {} : { startAt }),
  }
  // Before anything is said: what the queue refuses leaves nothing in the session.
  checkName('id', runId)
  checkSubmission(sessionRunKind, run as Json, place)
  const engine = await openEngine(rest)
  // Known already, and perhaps ended or cancelled: its words are where they belong.
  const known = options.id === undefined ? null : await engine.status(place.id)
  if (known !== null) {
    return { runId, sessionId: placeOfWords(sessionRunSchema.parse(known.input), runId).sessionId }
  }
  if (startAt === undefined) {
    const { organizationId, workspaceId } = run
    const { stores } = await openWorkspace({ ...storageOfEngine(rest), organizationId, workspaceId })
    await sayInSession(stores, run, runId)
  }
  await engine.submit(sessionRunKind, run as Json, place)
  return { runId, sessionId: placeOfWords(run, runId).sessionId }
}

/**
 * Submits a run at each time of a cron expression; replaces the schedule of that name. Without a `sessionId` each run
 * begins a session of its own.
 * @throws {PerdureError} as {@link submitRun}.
 */
export async function scheduleRuns({ name, cron, ...options }: ScheduleRunsOptions): Promise<void> {
  const run = sessionRunOf(options)
  const engine = await openEngine(options)
  await engine.schedule({ tenant: tenantOf(run), name, cron, kind: sessionRunKind, input: run as Json })
}

export type TenantOptions = EngineOptions & { readonly organizationId?: string; readonly workspaceId?: string }

/** Does nothing when there is none. */
export async function unscheduleRuns({ name, ...options }: TenantOptions & { readonly name: string }): Promise<void> {
  await (await openEngine(options)).unschedule(tenantOf(scopeOf(options)), name)
}

/** The schedules of a workspace. */
export async function listSchedules(options: TenantOptions = {}): Promise<RunSchedule[]> {
  return (await openEngine(options)).schedules(tenantOf(scopeOf(options)))
}

export const scopeOf = ({ organizationId, workspaceId }: TenantOptions): typeof defaultScope => ({
  organizationId: organizationId ?? defaultScope.organizationId,
  workspaceId: workspaceId ?? defaultScope.workspaceId,
})

/** @throws {PerdureError} */
function sessionRunOf(options: Omit<QueuedRunOptions, 'id'>): SessionRun {
  const { prompt, sessionId, organizationId, workspaceId, databaseUrl: _url, dataDirectory: _folder, ...rest } = options
  const { storage: _storage, ...queued } = rest as typeof rest & Partial<RunAgentOptions>
  for (const name of notQueued) {
    if (queued[name] === undefined) continue
    throw notSupported(name, 'Give it to the worker: agentOptions of startWorker.')
  }
  const { agent } = splitOptions(queued)
  processRuntime().driver.validate(agent)
  const own = { ...queued, cwd: resolve(queued.cwd ?? '.') }
  const parsed = sessionRunSchema.safeParse({
    ...scopeOf({ ...(organizationId && { organizationId }), ...(workspaceId && { workspaceId }) }),
    sessionId: sessionId ?? null,
    content: parseUserMessage(prompt).content,
    options: sessionId === undefined || queued.cwd !== undefined ? own : queued,
  })
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const [part, name] = first?.path ?? []
  if (part === 'options') throw notSupported(String(name), 'A queue holds plain JSON.')
  const isId = sessionId !== undefined && !sessionIdSchema.safeParse(sessionId).success
  throw new PerdureError('invalid_request', isId ? `This is no id of a session: ${sessionId}` : (first?.message ?? ''))
}

const notSupported = (name: string, hint: string): PerdureError =>
  new PerdureError('option_not_supported', `Option ${name} cannot be queued.`, { hint, details: { option: name } })
