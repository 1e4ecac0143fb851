/**
 * The named secrets of one workspace, encrypted at rest. Names are for people to read and stand in listings;
 * values leave it by `get` alone.
 */
export interface Vault {
  /** Sets a secret, or replaces it. @throws {PerdureError} `invalid_request` for a name or value that cannot be; `vault_locked`. */
  set(name: string, value: string): Promise<void>
  /** Null when there is none of that name. @throws {PerdureError} `vault_locked` when its key is another. */
  get(name: string): Promise<string | null>
  /** False when there was none. */
  delete(name: string): Promise<boolean>
  /** By name. Needs no key. */
  list(): Promise<SecretRecord[]>
}

export interface SecretRecord {
  readonly name: string
  readonly createdAt: Date
  /** When its value was last set. */
  readonly updatedAt: Date
}

/** Where a vault keeps what it has sealed. It sees names and sealed text, and never a key. */
export interface SealedSecretStore {
  put(name: string, sealed: string): Promise<void>
  get(name: string): Promise<string | null>
  delete(name: string): Promise<boolean>
  /** By name. */
  list(): Promise<SecretRecord[]>
}
