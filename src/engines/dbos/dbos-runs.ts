import type { DBOSClient, WorkflowStatus, WorkflowStatusString } from '@dbos-inc/dbos-sdk'
import type { PoolClient } from 'pg'
import type { EngineRun, Json, RunFilter } from '../../ports/run-engine.ts'
import type { Submission } from '../rules/check-submission.ts'
import { applicationName, protocolVersion, queueName, workflowName } from './dbos-place.ts'

/** What a workflow is given. */
export interface RunInput {
  readonly kind: string
  readonly tenant: string
  readonly input: Json
}

const page = 500

/** Runs as workflows of DBOS, through its client. */
export class DbosRuns {
  readonly #client: DBOSClient

  constructor(client: DBOSClient) {
    this.#client = client
  }

  /** Within a transaction of the caller’s, if there is one. */
  async add({ id, tenant, kind, input, priority, startAtMs }: Submission, transaction?: PoolClient): Promise<void> {
    const delaySeconds = (startAtMs - Date.now()) / 1_000
    const options = {
      queueName,
      workflowName,
      workflowID: id,
      appVersion: protocolVersion,
      applicationName,
      priority,
      queuePartitionKey: tenant,
      attributes: { tenant },
      ...(delaySeconds > 0 ? { delaySeconds } : {}),
    }
    const run: RunInput = { kind, tenant, input: JSON.parse(input) as Json }
    if (transaction === undefined) await this.#client.enqueue(options, run)
    else await this.#client.enqueueInTransaction(transaction, options, run)
  }

  async cancel(id: string): Promise<void> {
    await this.#client.cancelWorkflow(id)
  }

  async get(id: string): Promise<EngineRun | null> {
    const found = await this.#client.getWorkflow(id)
    return found === undefined ? null : engineRunOf(found)
  }

  async list({ tenant, status, limit = 100 }: RunFilter): Promise<EngineRun[]> {
    const found = await this.#client.listWorkflows({
      workflowName,
      limit,
      sortDesc: true,
      loadOutput: true,
      ...(status === undefined ? {} : { status: statesOf(status) }),
      ...(tenant === undefined ? {} : { attributes: { tenant } }),
    })
    return found.map(engineRunOf)
  }

  async active(): Promise<{ tenant: string; count: number }[]> {
    const running = await this.#client.listWorkflows({ workflowName, status: 'PENDING', loadInput: false })
    const counts = new Map<string, number>()
    for (const { queuePartitionKey: tenant = '' } of running) counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
    return [...counts].map(([tenant, count]) => ({ tenant, count })).toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1))
  }

  async removeEndedBefore(time: Date): Promise<void> {
    for (;;) {
      const old = await this.#client.listWorkflows({
        workflowName,
        completedBefore: time.toISOString(),
        limit: page,
        loadInput: false,
        loadOutput: false,
      })
      if (old.length > 0) await this.#client.deleteWorkflows(old.map(({ workflowID }) => workflowID))
      if (old.length < page) return
    }
  }
}

const statusOf: Readonly<Record<WorkflowStatusString, EngineRun['status']>> = {
  ENQUEUED: 'queued',
  DELAYED: 'queued',
  PENDING: 'running',
  SUCCESS: 'completed',
  ERROR: 'failed',
  MAX_RECOVERY_ATTEMPTS_EXCEEDED: 'failed',
  CANCELLED: 'cancelled',
}

const statesOf = (status: EngineRun['status']): WorkflowStatusString[] =>
  (Object.keys(statusOf) as WorkflowStatusString[]).filter((name) => statusOf[name] === status)

function engineRunOf(workflow: WorkflowStatus): EngineRun {
  const [run] = (workflow.input ?? []) as [RunInput?]
  const status = statusOf[workflow.status as WorkflowStatusString]
  return {
    id: workflow.workflowID,
    tenant: run?.tenant ?? '',
    kind: run?.kind ?? '',
    input: run?.input ?? null,
    status,
    attempt: workflow.recoveryAttempts ?? 0,
    submittedAt: new Date(workflow.createdAt),
    endedAt: workflow.completedAt === undefined ? null : new Date(workflow.completedAt),
    ...(status === 'completed' ? { output: (workflow.output ?? null) as Json } : {}),
    ...(status === 'failed' ? { error: errorOf(workflow.error) } : {}),
  }
}

function errorOf(error: unknown): NonNullable<EngineRun['error']> {
  if (!(error instanceof Error)) return { code: 'agent_exited', message: 'Its worker died too often.' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal_error'
  return { code, message: error.message }
}
