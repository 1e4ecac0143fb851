import type { StorageSource } from '../ports/storage.ts'

interface Place {
  readonly storage?: StorageSource
  readonly dataDirectory?: string
}

interface TenantPlace extends Place {
  readonly organizationId?: string
  readonly workspaceId?: string
}

const mostPlaces = 10_000

/**
 * In which storage the sessions are that this process has made, opened or run, so that a call that names one by its id
 * alone finds it. Sessions of tenants are not among them: whoever works for one says so each time.
 */
export class SessionPlaces {
  readonly #places = new Map<string, Place>()

  note(sessionId: string, { storage, dataDirectory, organizationId, workspaceId }: TenantPlace): void {
    if ((storage ?? dataDirectory) === undefined || (organizationId ?? workspaceId) !== undefined) return
    const place = { ...(storage && { storage }), ...(dataDirectory !== undefined && { dataDirectory }) }
    this.#places.delete(sessionId)
    this.#places.set(sessionId, place)
    const [oldest] = this.#places.keys()
    if (this.#places.size > mostPlaces && oldest !== undefined) this.#places.delete(oldest)
  }

  /** Nothing where the caller says himself where it is. */
  of(sessionId: string | undefined, said: TenantPlace): Place {
    const { storage, dataDirectory, organizationId, workspaceId } = said
    const isSaid = (storage ?? dataDirectory ?? organizationId ?? workspaceId) !== undefined
    return (isSaid || sessionId === undefined ? undefined : this.#places.get(sessionId)) ?? {}
  }
}
