import type { SealedSecretStore, SecretRecord } from '../../ports/vault.ts'
import { valueAt } from './conversation.ts'
import type { ObjectWorkspace } from './object-workspace.ts'
import type { VersionedDocument } from './versioned-document.ts'

type Secrets = Readonly<Record<string, { sealed: string; createdAt: number; updatedAt: number }>>

/** The sealed secrets of a workspace, which are one document. */
export class ObjectSealedSecrets implements SealedSecretStore {
  readonly #document: () => VersionedDocument<Secrets>

  constructor({ documents, prefix }: ObjectWorkspace) {
    this.#document = () => documents.at<Secrets>(`${prefix}/secrets`, { empty: {} })
  }

  async put(name: string, sealed: string): Promise<void> {
    await this.#document().change((secrets, nowMs) => {
      const createdAt = valueAt(secrets, name)?.createdAt ?? nowMs
      return { state: { ...secrets, [name]: { sealed, createdAt, updatedAt: nowMs } }, result: undefined }
    })
  }

  async get(name: string): Promise<string | null> {
    return valueAt(await this.#document().read(), name)?.sealed ?? null
  }

  async delete(name: string): Promise<boolean> {
    return this.#document().change((secrets) => {
      if (!Object.hasOwn(secrets, name)) return { state: secrets, result: false }
      const { [name]: _removed, ...others } = secrets
      return { state: others, result: true }
    })
  }

  async list(): Promise<SecretRecord[]> {
    return Object.entries(await this.#document().read())
      .map(([name, { createdAt, updatedAt }]) => ({
        name,
        createdAt: new Date(createdAt),
        updatedAt: new Date(updatedAt),
      }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  }
}
