import type { CostRow, OrganizationCostDimension } from '../../domain/cost-row.ts'
import type { OrganizationCostQuery } from '../../ports/ledger.ts'
import { mergeCostRows, noCosts, timeLabel, type AnyCostRow } from './cost-rows.ts'
import type { KeptEntry, LedgerPages, MeantEntries } from './ledger-pages.ts'

/** Sums up the entries that the query means. */
export function sumCosts(pages: LedgerPages, query: OrganizationCostQuery): CostRow<OrganizationCostDimension>[] {
  const dimensions = [...new Set(query.groupBy)]
  const rows = [...pages.findEntries(meantBy(query))]
    .filter((entry) => isMeant(entry, query))
    .flatMap((entry) => tagsToCountUnder(entry, dimensions).map((tag) => rowOf(entry, { dimensions, tag })))
  return mergeCostRows(rows, dimensions)
}

function meantBy({ workspaceId, runId, sessionId, userId, from, to }: OrganizationCostQuery): MeantEntries {
  const payers = [
    { scope: 'run', id: runId },
    { scope: 'session', id: sessionId },
    { scope: 'user', id: userId },
  ] as const
  // The narrowest, and only in one workspace: elsewhere the same name is another's.
  const payer = payers.find(({ id }) => id !== undefined && workspaceId !== undefined)
  return {
    workspaceId,
    payer: payer?.id === undefined ? undefined : { scope: payer.scope, id: payer.id },
    fromMs: from?.getTime() ?? 0,
    toMs: to?.getTime() ?? Number.MAX_SAFE_INTEGER,
  }
}

function isMeant({ account, call, countedAtMs }: KeptEntry, query: OrganizationCostQuery): boolean {
  return (
    (query.workspaceId ?? account.workspaceId) === account.workspaceId &&
    (query.runId ?? account.runId) === account.runId &&
    (query.sessionId ?? account.sessionId) === account.sessionId &&
    (query.userId ?? account.userId) === account.userId &&
    (query.model === undefined || query.model === call?.model) &&
    (query.tag === undefined || call?.tags.includes(query.tag) === true) &&
    (query.from === undefined || countedAtMs >= query.from.getTime()) &&
    (query.to === undefined || countedAtMs < query.to.getTime())
  )
}

function tagsToCountUnder({ call }: KeptEntry, dimensions: readonly OrganizationCostDimension[]): (string | null)[] {
  const tags = [...new Set(call?.tags)]
  return dimensions.includes('tag') && tags.length > 0 ? tags : [null]
}

function rowOf(
  { account, call, countedAtMs, costNanoUsd, presumedNanoUsd }: KeptEntry,
  { dimensions, tag }: { dimensions: readonly OrganizationCostDimension[]; tag: string | null },
): AnyCostRow {
  const values: Record<OrganizationCostDimension, string | null> = {
    workspace: account.workspaceId,
    run: account.runId,
    session: account.sessionId,
    thread: call?.thread ?? null,
    user: account.userId,
    tag,
    model: call?.model ?? null,
    upstream: call?.upstream ?? null,
    kind: call?.kind ?? null,
    minute: timeLabel('minute', countedAtMs),
    hour: timeLabel('hour', countedAtMs),
    day: timeLabel('day', countedAtMs),
    month: timeLabel('month', countedAtMs),
  }
  const group = Object.fromEntries(dimensions.map((dimension) => [dimension, values[dimension]]))
  if (!call) return { ...noCosts, group, presumedNanoUsd }
  const { inputTokens, outputTokens, cacheReadInputTokens, webSearchRequests, ...writes } = call.usage
  return {
    group,
    calls: 1,
    inputTokens,
    outputTokens,
    cacheReadInputTokens,
    cacheWrite5mInputTokens: writes.cacheWrite5mInputTokens,
    cacheWrite1hInputTokens: writes.cacheWrite1hInputTokens,
    webSearchRequests,
    costNanoUsd,
    listCostNanoUsd: call.listCostNanoUsd,
    presumedNanoUsd,
    unpricedCalls: call.certainty === 'unpriced' ? 1 : 0,
  }
}
