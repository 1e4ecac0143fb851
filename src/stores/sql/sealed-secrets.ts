import type { SealedSecretStore, SecretRecord } from '../../ports/vault.ts'
import type { SqlStoreContext } from './sql-store-context.ts'

export class SqlSealedSecrets implements SealedSecretStore {
  readonly #context: SqlStoreContext

  constructor(context: SqlStoreContext) {
    this.#context = context
  }

  async put(name: string, sealed: string): Promise<void> {
    const { backend, workspace } = this.#context
    const { now } = backend
    await backend.write(this.#turn, (transaction) =>
      transaction
        .insertInto('sealed_secret')
        .values({ ...workspace, name, sealed, created_at: now, updated_at: now })
        .onConflict((conflict) =>
          conflict.columns(['organization_id', 'workspace_id', 'name']).doUpdateSet({ sealed, updated_at: now }),
        )
        .execute(),
    )
  }

  async get(name: string): Promise<string | null> {
    const { backend, workspace } = this.#context
    const row = await backend.reader
      .selectFrom('sealed_secret')
      .select('sealed')
      .where((eb) => eb.and({ ...workspace, name }))
      .executeTakeFirst()
    return row?.sealed ?? null
  }

  async delete(name: string): Promise<boolean> {
    const { backend, workspace } = this.#context
    const rows = await backend.write(this.#turn, (transaction) =>
      transaction
        .deleteFrom('sealed_secret')
        .where((eb) => eb.and({ ...workspace, name }))
        .returning('name')
        .execute(),
    )
    return rows.length > 0
  }

  async list(): Promise<SecretRecord[]> {
    const { backend, workspace } = this.#context
    const rows = await backend.reader
      .selectFrom('sealed_secret')
      .select(['name', 'created_at', 'updated_at'])
      .where((eb) => eb.and(workspace))
      .orderBy('name')
      .execute()
    return rows.map((row) => ({
      name: row.name,
      createdAt: new Date(row.created_at),
      updatedAt: new Date(row.updated_at),
    }))
  }

  get #turn(): string {
    const { organization_id, workspace_id } = this.#context.workspace
    return JSON.stringify(['vault', organization_id, workspace_id])
  }
}
