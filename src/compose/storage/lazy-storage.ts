import { projectSessionStore, type CompleteSessionStore } from '../../agents/claude/project-session-store.ts'
import { checkScope } from '../../ports/check-scope.ts'
import { defaultScope, type Storage, type StorageSource, type WorkspaceScope } from '../../ports/storage.ts'

/**
 * What every storage class has in common: making one opens nothing, the first use does. For storages of your own:
 * `class MyStorage extends LazyStorage { constructor() { super(() => openMyStorage()) } }`.
 */
export class LazyStorage implements StorageSource {
  readonly #openStorage: () => Promise<Storage>
  #storage: Promise<Storage> | undefined
  #sessionStore: CompleteSessionStore | undefined

  constructor(openStorage: () => Promise<Storage>) {
    this.#openStorage = openStorage
  }

  open(): Promise<Storage> {
    this.#storage ??= this.#openStorage().catch((error: unknown) => {
      // Whoever asks next may have more luck.
      this.#storage = undefined
      throw error
    })
    return this.#storage
  }

  async close(): Promise<void> {
    await (await this.#storage)?.close()
  }

  /**
   * For the Agent SDK alone: `query({ prompt, options: { sessionStore: storage.sessionStore } })`, and for its helpers
   * (`listSessions`, `forkSession`, …). Needs the package `@anthropic-ai/claude-agent-sdk`. The conversations are in
   * the default workspace; those of Perdure's sessions there can be read by their id and are never changed.
   */
  get sessionStore(): CompleteSessionStore {
    this.#sessionStore ??= this.sessionStoreFor(defaultScope)
    return this.#sessionStore
  }

  /** The same in the workspace of a tenant, out of which it cannot reach. @throws {PerdureError} `invalid_request`. */
  sessionStoreFor(scope: WorkspaceScope): CompleteSessionStore {
    checkScope(scope)
    return projectSessionStore(async () => (await this.open()).workspace(scope).transcripts)
  }
}
