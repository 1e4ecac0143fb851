import type { SealedSecretStore, SecretRecord } from '../../ports/vault.ts'
import type { RedisWorkspace } from './redis-workspace.ts'
import { deleteSecret, listSecrets, putSecret, readSecret } from './scripts/secret-scripts.ts'

export class RedisSealedSecrets implements SealedSecretStore {
  readonly #workspace: RedisWorkspace

  constructor(workspace: RedisWorkspace) {
    this.#workspace = workspace
  }

  async put(name: string, sealed: string): Promise<void> {
    await this.#workspace.run(putSecret, [name, sealed])
  }

  async get(name: string): Promise<string | null> {
    const [stored] = await this.#workspace.run<string[]>(readSecret, [name])
    return /^\d+ \d+ (.*)$/s.exec(stored!)?.[1] ?? null
  }

  async delete(name: string): Promise<boolean> {
    const [removed] = await this.#workspace.run<string[]>(deleteSecret, [name])
    return removed === '1'
  }

  async list(): Promise<SecretRecord[]> {
    const rows = await this.#workspace.run<[string, string, string][]>(listSecrets, [])
    return rows
      .map(([name, created, updated]) => ({
        name,
        createdAt: new Date(Number(created)),
        updatedAt: new Date(Number(updated)),
      }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  }
}
