import { onTestFinished } from 'vitest'
import type { BudgetLimit, BudgetState } from '../../../src/domain/budget.ts'
import { nanoUsdFromUsd } from '../../../src/domain/money.ts'
import { createModelGateway } from '../../../src/gateway/create-model-gateway.ts'
import { jsonResponse } from '../../../src/gateway/wire/api-error.ts'
import type { Ledger } from '../../../src/ports/ledger.ts'
import type { GatewayRun, ModelGateway, ModelUpstream, UpstreamResponse } from '../../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../../src/ports/model-observation.ts'
import { openMemoryStorage } from '../../../src/stores/memory/open-memory-storage.ts'
import { testAccount, testScope, type AccountWatch } from './run-account.ts'

export interface Metered {
  readonly gateway: ModelGateway
  readonly run: GatewayRun
  readonly ledger: Ledger
  readonly watch: AccountWatch
  readonly seen: readonly ModelObservation[]
  /** The tenant's budget. */
  budget(): Promise<BudgetState>
  ask(body: object, init?: RequestInit): Promise<Response>
}

export interface MeteredOptions {
  readonly limitUsd?: number
  readonly mode?: BudgetLimit['mode']
  readonly ledger?: Ledger
  readonly gateway?: ModelGateway
}

export const tenantBudget = (limitUsd: number, mode: BudgetLimit['mode'] = 'hard'): BudgetLimit => ({
  scope: 'workspace',
  id: testScope.workspaceId,
  window: 'total',
  limitNanoUsd: nanoUsdFromUsd(limitUsd),
  mode,
  thresholds: [],
})

/** A run of an account of its own, behind a gateway, until the end of the test. */
export async function openMetered(upstream: ModelUpstream, options: MeteredOptions = {}): Promise<Metered> {
  const { limitUsd, mode, ledger = openMemoryStorage().workspace(testScope).ledger } = options
  if (limitUsd !== undefined) await ledger.setBudget(tenantBudget(limitUsd, mode))
  const gateway = options.gateway ?? createModelGateway()
  onTestFinished(() => gateway.close())
  const { runId, account, watch } = testAccount({ ledger })
  const seen: ModelObservation[] = []
  const run = await gateway.openRun({ runId, upstream, observe: (one) => seen.push(one), account: () => account })
  return {
    gateway,
    run,
    ledger,
    watch,
    seen,
    budget: async () => (await ledger.budgets())[0]!,
    ask: (body, init = {}) =>
      fetch(`${run.baseUrl}/v1/messages?beta=true`, {
        method: 'POST',
        headers: { authorization: `Bearer ${run.token}` },
        body: JSON.stringify(body),
        ...init,
      }),
  }
}

/** Haiku 4.5: a dollar for a million tokens of input, five for as many of output. */
export const haiku = {
  model: 'claude-haiku-4-5',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'hello' }],
}

export interface ToldUsage {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly cache_read_input_tokens?: number
  readonly cache_creation_input_tokens?: number
}

let messages = 0

/** A whole answer that says what it used. */
export function told(usage: ToldUsage, stopReason = 'end_turn'): UpstreamResponse {
  const content = [{ type: 'text', text: 'hi' }]
  const message = { id: `msg_${++messages}`, type: 'message', role: 'assistant', model: 'claude-haiku-4-5', content }
  return jsonResponse({ status: 200, text: JSON.stringify({ ...message, stop_reason: stopReason, usage }) })
}

export const frame = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

export const messageStart = (usage: ToldUsage, id = `msg_${++messages}`): string =>
  frame({ type: 'message_start', message: { id, type: 'message', model: 'claude-haiku-4-5', content: [], usage } })

export const textDelta = (text: string): string =>
  frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })

export const messageEnd = (usage: ToldUsage, stopReason = 'end_turn'): string =>
  frame({ type: 'message_delta', delta: { stop_reason: stopReason }, usage }) + frame({ type: 'message_stop' })
