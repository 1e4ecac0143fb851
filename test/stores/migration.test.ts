import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openPostgresBackend } from '../../src/stores/postgres/postgres-backend.ts'
import { postgresSettings } from '../../src/stores/postgres/postgres-options.ts'
import { createSqlStorage } from '../../src/stores/sql/create-sql-storage.ts'
import { migrate, migrations } from '../../src/stores/sql/migrate.ts'
import type { SqlBackend } from '../../src/stores/sql/sql-backend.ts'
import { openSqliteBackend } from '../../src/stores/sqlite/sqlite-backend.ts'
import { newSession, scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall, sampleLimit } from '../../src/testing/ledger-samples.ts'
import { databasePlaces } from './shared-places.ts'

const key = { organization_id: scopeA.organizationId, workspace_id: scopeA.workspaceId }
const appliedIn = (backend: SqlBackend) =>
  backend.reader.selectFrom('migration').select(['number', 'name']).orderBy('number').execute()
const all = migrations.map(({ name }, index) => ({ number: index + 1, name }))

describe.each(databasePlaces())('a database in %s', (_name, newPlace) => {
  /** Makes connections to a new, empty database, as many as are asked for. */
  async function newDatabase(): Promise<() => Promise<SqlBackend>> {
    const place = await newPlace()
    if ('url' in place) return () => openPostgresBackend(postgresSettings(place))
    mkdirSync(place.dataDirectory, { recursive: true })
    return () => openSqliteBackend({ file: join(place.dataDirectory, 'old.db'), busyTimeoutMs: 1000 })
  }

  it.each(migrations.map((_, index) => index + 1))('of schema %i is brought up to date', async (schema) => {
    const connect = await newDatabase()
    const old = await connect()
    await migrate(old, migrations.slice(0, schema))
    // What stood in it before; a session that an older version deleted keeps its fence.
    await old.writeAlone((transaction) =>
      transaction
        .insertInto('deleted_session')
        .values({ ...key, session_id: 'sesn_old', fence: 7 })
        .execute(),
    )
    await old.close()

    const storage = await createSqlStorage(await connect())
    const { ledger } = storage.workspace(scopeA)
    await ledger.settle(sampleCall(sampleAccount()))
    expect(await ledger.setBudget(sampleLimit())).toMatchObject({ spentNanoUsd: 10n })
    await storage.close()
    const migrated = await connect()
    expect(await appliedIn(migrated)).toEqual(all)
    const kept = await migrated.reader.selectFrom('deleted_session').selectAll().execute()
    expect(kept).toEqual([{ ...key, session_id: 'sesn_old', fence: 7 }])
    await migrated.close()
  })

  it('is migrated once by several who open it new at the same time', async () => {
    const connect = await newDatabase()
    const storages = await Promise.all([1, 2, 3, 4].map(async () => createSqlStorage(await connect())))
    for (const storage of storages) await newSession(storage.workspace(scopeA))
    expect(await storages[0]!.workspace(scopeA).sessions.list()).toHaveLength(4)
    await Promise.all(storages.map((storage) => storage.close()))
    const backend = await connect()
    expect(await appliedIn(backend)).toEqual(all)
    await backend.close()
  })

  it('of a newer schema is refused, and left as it is', async () => {
    const connect = await newDatabase()
    await (await createSqlStorage(await connect())).close()
    const newer = await connect()
    await newer.writeAlone((transaction) =>
      transaction.insertInto('migration').values({ number: 99, name: 'from the future', applied_at: 0 }).execute(),
    )
    await expect(createSqlStorage(newer)).rejects.toMatchObject({
      code: 'storage_schema_too_new',
      details: { found: 99 },
      hint: expect.stringContaining('newer version'),
    })
    expect(await appliedIn(newer)).toEqual([...all, { number: 99, name: 'from the future' }])
    await newer.close()
  })
})
