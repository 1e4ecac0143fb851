import type { SealedSecretStore, SecretRecord } from '../../ports/vault.ts'
import type { MemoryWorkspace } from './memory-workspace.ts'

export class MemorySealedSecrets implements SealedSecretStore {
  readonly #secrets: MemoryWorkspace['secrets']

  constructor({ secrets }: MemoryWorkspace) {
    this.#secrets = secrets
  }

  async put(name: string, sealed: string): Promise<void> {
    const now = Date.now()
    this.#secrets.set(name, { sealed, createdAt: this.#secrets.get(name)?.createdAt ?? now, updatedAt: now })
  }

  async get(name: string): Promise<string | null> {
    return this.#secrets.get(name)?.sealed ?? null
  }

  async delete(name: string): Promise<boolean> {
    return this.#secrets.delete(name)
  }

  async list(): Promise<SecretRecord[]> {
    return [...this.#secrets]
      .map(([name, { createdAt, updatedAt }]) => ({
        name,
        createdAt: new Date(createdAt),
        updatedAt: new Date(updatedAt),
      }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  }
}
