import { sql, type Expression, type Kysely, type RawBuilder, type SqlBool } from 'kysely'
import type { OrganizationCostDimension } from '../../../domain/cost-row.ts'
import type { OrganizationCostQuery } from '../../../ports/ledger.ts'
import { mergeCostRows, timeLabel, type AnyCostRow, type TimeDimension } from '../../ledger/cost-rows.ts'
import type { Tables } from '../schema.ts'
import type { ReservationScope } from './give-up-reservations.ts'

const columnOfDimension: Record<Exclude<OrganizationCostDimension, TimeDimension>, string> = {
  workspace: 'e.workspace_id',
  run: 'e.run_id',
  session: 'e.session_id',
  thread: 'e.thread',
  user: 'e.user_id',
  tag: 't.tag',
  model: 'e.model',
  upstream: 'e.upstream',
  kind: 'e.kind',
}

const hourMs = 3_600_000
/** Months have no fixed length: they are put together of days. */
const stepOfTime: Record<TimeDimension, number> = {
  minute: hourMs / 60,
  hour: hourMs,
  day: 24 * hourMs,
  month: 24 * hourMs,
}

/** Sums up what calls cost, in one statement. */
export async function queryCosts(
  database: Kysely<Tables>,
  query: OrganizationCostQuery,
  scope: ReservationScope,
): Promise<AnyCostRow[]> {
  const dimensions = [...new Set(query.groupBy)]
  const groups = dimensions.map((dimension) => groupExpression(dimension))
  let select = database
    .selectFrom('ledger_entry as e')
    .$if(dimensions.includes('tag'), (entries) =>
      entries.leftJoin('ledger_entry_tag as t', (join) =>
        join
          .onRef('t.organization_id', '=', 'e.organization_id')
          .onRef('t.workspace_id', '=', 'e.workspace_id')
          .onRef('t.entry_id', '=', 'e.entry_id'),
      ),
    )
    .where((eb) => eb.and(conditions(query, scope)))
    .select(sums)
    .select(groups.map((group, index) => group.as(`group_${index}`)))
  if (groups.length > 0) select = select.groupBy(groups)
  const rows = await select.execute()
  return mergeCostRows(
    rows.map((row) => costRowOf(row, dimensions)),
    dimensions,
  )
}

const isTime = (dimension: OrganizationCostDimension): dimension is TimeDimension => dimension in stepOfTime

function groupExpression(dimension: OrganizationCostDimension): RawBuilder<string | number | null> {
  if (!isTime(dimension)) return sql`${sql.ref(columnOfDimension[dimension])}`
  return sql`${sql.ref('e.counted_at')} / ${sql.lit(stepOfTime[dimension])}`
}

function conditions(query: OrganizationCostQuery, scope: ReservationScope): Expression<SqlBool>[] {
  const is = (column: string, value: string | undefined) =>
    value === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} = ${value}`]
  const { from, to, tag } = query
  return [
    ...is('e.organization_id', scope.organization_id),
    ...is('e.workspace_id', scope.workspace_id),
    ...is('e.run_id', query.runId),
    ...is('e.session_id', query.sessionId),
    ...is('e.user_id', query.userId),
    ...is('e.model', query.model),
    ...(from ? [sql<SqlBool>`${sql.ref('e.counted_at')} >= ${from.getTime()}`] : []),
    ...(to ? [sql<SqlBool>`${sql.ref('e.counted_at')} < ${to.getTime()}`] : []),
    ...(tag === undefined
      ? []
      : [
          sql<SqlBool>`exists (select 1 from ledger_entry_tag as has where has.organization_id = e.organization_id
            and has.workspace_id = e.workspace_id and has.entry_id = e.entry_id and has.tag = ${tag})`,
        ]),
  ]
}

/** PostgreSQL tells sums as text. */
type Sum = number | string

const count = (condition: string) => sql<Sum>`coalesce(sum(case when ${sql.raw(condition)} then 1 else 0 end), 0)`
const tokens = (column: string) => sql<Sum>`coalesce(sum(${sql.ref(`e.${column}`)}), 0)`
const money = (column: string) => sql<string>`cast(coalesce(sum(${sql.ref(`e.${column}`)}), 0) as text)`

const sums = [
  count('e.kind is not null').as('calls'),
  count(`e.certainty = 'unpriced'`).as('unpriced_calls'),
  tokens('input_tokens').as('input_tokens'),
  tokens('output_tokens').as('output_tokens'),
  tokens('cache_read_input_tokens').as('cache_read_input_tokens'),
  tokens('cache_write_5m_input_tokens').as('cache_write_5m_input_tokens'),
  tokens('cache_write_1h_input_tokens').as('cache_write_1h_input_tokens'),
  tokens('web_search_requests').as('web_search_requests'),
  money('cost_nano_usd').as('cost'),
  money('list_cost_nano_usd').as('list_cost'),
  money('presumed_nano_usd').as('presumed'),
] as const

interface SumRow {
  calls: Sum
  unpriced_calls: Sum
  input_tokens: Sum
  output_tokens: Sum
  cache_read_input_tokens: Sum
  cache_write_5m_input_tokens: Sum
  cache_write_1h_input_tokens: Sum
  web_search_requests: Sum
  cost: string
  list_cost: string
  presumed: string
}

function costRowOf(row: SumRow & object, dimensions: readonly OrganizationCostDimension[]): AnyCostRow {
  const values = row as SumRow & Record<`group_${number}`, string | number | null>
  const group: Partial<Record<OrganizationCostDimension, string | null>> = {}
  for (const [index, dimension] of dimensions.entries()) {
    const value = values[`group_${index}`] ?? null
    group[dimension] = isTime(dimension)
      ? timeLabel(dimension, Number(value) * stepOfTime[dimension])
      : (value as string)
  }
  return {
    group,
    calls: Number(row.calls),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cacheReadInputTokens: Number(row.cache_read_input_tokens),
    cacheWrite5mInputTokens: Number(row.cache_write_5m_input_tokens),
    cacheWrite1hInputTokens: Number(row.cache_write_1h_input_tokens),
    webSearchRequests: Number(row.web_search_requests),
    costNanoUsd: BigInt(row.cost),
    listCostNanoUsd: BigInt(row.list_cost),
    presumedNanoUsd: BigInt(row.presumed),
    unpricedCalls: Number(row.unpriced_calls),
  }
}
