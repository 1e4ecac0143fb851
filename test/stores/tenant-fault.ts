/** Tables that hold nothing of a tenant. */
const common = new Set(['migration', 'last_write'])
/** An operator may read them over the workspaces of an organization: budgets and costs. */
const ofOrganizations = new Set(['budget', 'budget_period', 'reservation', 'ledger_entry', 'ledger_entry_tag'])

/**
 * What is wrong with a statement if it could touch another tenant's rows: each table that it names must have its
 * `organization_id` and `workspace_id` bound, to a parameter or to the same column of a table that is bound.
 */
export function tenantFault(sql: string): string | undefined {
  const insert = /^insert into "?(\w+)"? \(([^)]*)\)/.exec(sql.trim())
  if (insert) {
    const [, table = '', columns = ''] = insert
    return common.has(table) || missingOf(table, (column) => columns.includes(`"${column}"`)) === undefined
      ? undefined
      : `${table}: ${sql}`
  }
  for (const { table, alias } of tablesOf(sql)) {
    if (common.has(table) || table.startsWith('pg_')) continue
    const missing = missingOf(table, (column) => isBound(sql, alias, column))
    if (missing !== undefined) return `${table}.${missing}: ${sql}`
  }
  return undefined
}

const missingOf = (table: string, has: (column: string) => boolean): string | undefined =>
  (ofOrganizations.has(table) ? ['organization_id'] : ['organization_id', 'workspace_id']).find(
    (column) => !has(column),
  )

function tablesOf(sql: string): { table: string; alias: string }[] {
  // A name before a bracket is a function's.
  const found = sql.matchAll(
    /\b(?:from|join|update|delete from) "?(?:pg_catalog"?\."?)?([a-z_]+)\b(?!\()"?(?: as "?(\w+)"?)?/g,
  )
  return [...found].map(([, table = '', alias]) => ({ table, alias: alias ?? table }))
}

/** `"e"."workspace_id" = $1`, `workspace_id in ($1, $2)`, or the same column of another table. */
function isBound(sql: string, alias: string, column: string): boolean {
  const name = `(?:"?${alias}"?\\.)"?${column}"?`
  const value = `(?:\\$\\d|\\(\\$\\d|"?\\w+"?\\."?${column}"?)`
  const own = new RegExp(`${name} (?:=|in) ${value}|"?\\w+"?\\."?${column}"? = ${name}`)
  // A column without its table's name is the only table's.
  const bare = new RegExp(`(?<!\\.)"${column}" (?:=|in) \\(?\\$\\d`)
  return own.test(sql) || bare.test(sql)
}
