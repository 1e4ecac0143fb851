import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { migrate, migrations } from '../../src/stores/sql/migrate.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { openSqliteBackend } from '../../src/stores/sqlite/sqlite-backend.ts'
import { scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall, sampleLimit } from '../../src/testing/ledger-samples.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

it.each(migrations.map((_, index) => index + 1))('a database of schema %i is brought up to date', async (schema) => {
  const folder = newDirectory()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'old.db')
  const old = await openSqliteBackend({ file, busyTimeoutMs: 1000 })
  await migrate(old, migrations.slice(0, schema))
  const key = { organization_id: scopeA.organizationId, workspace_id: scopeA.workspaceId }
  // What stood in it before; a session that an older version deleted keeps its fence.
  await old.writeAlone((transaction) =>
    transaction
      .insertInto('deleted_session')
      .values({ ...key, session_id: 'sesn_old', fence: 7 })
      .execute(),
  )
  await old.close()

  const storage = await openSqliteStorage({ file })
  const { ledger } = storage.workspace(scopeA)
  await ledger.settle(sampleCall(sampleAccount()))
  expect(await ledger.setBudget(sampleLimit())).toMatchObject({ spentNanoUsd: 10n })
  await storage.close()
  const migrated = await openSqliteBackend({ file, busyTimeoutMs: 1000 })
  const applied = await migrated.reader.selectFrom('migration').select(['number', 'name']).orderBy('number').execute()
  expect(applied).toEqual(migrations.map(({ name }, index) => ({ number: index + 1, name })))
  const kept = await migrated.reader.selectFrom('deleted_session').selectAll().execute()
  expect(kept).toEqual([{ ...key, session_id: 'sesn_old', fence: 7 }])
  await migrated.close()
})
