// Perdure's gateway alone in a process, with one run open.
import { newEventId, newRunId } from '../../src/domain/ids.ts'
import { initialSessionState } from '../../src/domain/session-state.ts'
import { listPrices } from '../../src/domain/prices/list-prices.ts'
import type { EventDraft } from '../../src/domain/session-event.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { RunAccount } from '../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import { defaultScope, type WorkspaceStores } from '../../src/ports/storage.ts'
import { SessionWriter } from '../../src/runtime/session-writer.ts'
import { ownerOfThisProcess } from '../../src/stores/leases/process-liveness.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { newSession } from '../../src/testing/contract-samples.ts'
import { say, givenTask } from '../support/program.ts'

export interface GatewayTask {
  readonly upstreamUrl: string
  /** Where a ledger with a hard budget and the event log are kept; null: nothing is metered and nothing logged. */
  readonly dataDirectory: string | null
}

export interface OpenGateway {
  readonly baseUrl: string
  readonly token: string
}

interface Bookkeeping {
  readonly account: () => RunAccount
  readonly observe: (observation: ModelObservation) => void
}

if (import.meta.main) await serve(givenTask() as GatewayTask)

async function serve({ upstreamUrl, dataDirectory }: GatewayTask): Promise<void> {
  const gateway = createModelGateway({
    defaultUpstream: createAnthropicUpstream({ credentials: { authToken: 'bench' }, baseUrl: upstreamUrl }),
  })
  const runId = newRunId()
  const storage = dataDirectory === null ? null : await openSqliteStorage({ dataDirectory })
  const kept = storage === null ? { observe: () => {} } : await keepBooks(storage.workspace(defaultScope), runId)
  const { baseUrl, token } = await gateway.openRun({ runId, ...kept })
  process.once('disconnect', () => void gateway.close().then(() => storage?.close()))
  say({ baseUrl, token } satisfies OpenGateway)
}

/** A budget that holds for every call and is never reached, prices, and a log with the two events of each request. */
async function keepBooks(stores: WorkspaceStores, runId: RunAccount['callAccount']['runId']): Promise<Bookkeeping> {
  const { ledger, scope, events, leases } = stores
  const sessionId = await newSession(stores)
  const owner = ownerOfThisProcess(runId)
  const { fence } = await leases.acquire(sessionId, { owner, ttlMs: 600_000 })
  const budget = { scope: 'session', id: sessionId, window: 'total', mode: 'hard', thresholds: [0.8] } as const
  await ledger.setBudget({ ...budget, limitNanoUsd: 1_000_000_000_000_000n })
  const fail = (error: unknown): never => {
    throw error
  }
  const account: RunAccount = {
    ledger,
    callAccount: { runId, sessionId, forkedFrom: [], userId: 'bench' },
    organizationId: scope.organizationId,
    workspaceId: scope.workspaceId,
    tags: ['bench'],
    owner,
    prices: { billed: listPrices, list: listPrices },
    onEnded: () => {},
    onSettled: () => {},
    onRefused: fail,
    onLedgerFailure: fail,
  }
  const writer = new SessionWriter({
    events,
    sessionId,
    fence,
    state: initialSessionState,
    onEvent: () => {},
    perform: () => {},
    onFailure: fail,
  })
  const spans = new Map<number, string>()
  const observe = ({ type, request }: ModelObservation): void => {
    if (type === 'request') {
      const start = spanStart()
      spans.set(request, start.id)
      writer.push(start)
    } else if (type === 'end') {
      writer.push(spanEnd(spans.get(request) ?? ''))
      spans.delete(request)
    }
  }
  return { account: () => account, observe }
}

const stamp = () => ({ id: newEventId(), processed_at: new Date().toISOString() })
const spanStart = (): EventDraft => ({ ...stamp(), type: 'span.model_request_start' })
const spanEnd = (startId: string): EventDraft => ({
  ...stamp(),
  type: 'span.model_request_end',
  model_request_start_id: startId,
  is_error: false,
  model_usage: { input_tokens: 20, output_tokens: 8, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
})
