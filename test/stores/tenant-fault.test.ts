import { expect, it } from 'vitest'
import { tenantFault } from './tenant-fault.ts'

it.each([
  'select "a" from "session" where "organization_id" = $1 and "workspace_id" = $2',
  'insert into "session" ("organization_id", "workspace_id") values ($1, $2)',
  'delete from "ledger_entry" where "organization_id" = $1',
  'select 1 from "event" left join "blob" on "blob"."organization_id" = "event"."organization_id" and "blob"."workspace_id" = "event"."workspace_id" where "event"."organization_id" = $1 and "event"."workspace_id" = $2',
])('finds no fault in %s', (sql) => {
  expect(tenantFault(sql)).toBeUndefined()
})

it.each([
  'select "a" from "session" where "organization_id" = $1',
  'select "a" from "session"',
  'update "session" set "workspace_id" = "x"."y" where "organization_id" = $1',
  'insert into "session" ("organization_id") values ($1)',
  'delete from "reservation" where "workspace_id" = $1',
  'select 1 from "event" left join "blob" on "blob"."hash" = "event"."h" where "event"."organization_id" = $1 and "event"."workspace_id" = $2',
])('finds the fault in %s', (sql) => {
  expect(tenantFault(sql)).toContain(sql)
})
