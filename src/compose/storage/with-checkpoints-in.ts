import type { CheckpointStore } from '../../ports/checkpoint-store.ts'
import type { SessionRecords } from '../../ports/session-records.ts'
import type { Storage, StorageSource, WorkspaceScope } from '../../ports/storage.ts'
import { checkStorage } from './check-storage-options.ts'
import { lastingNameOf } from './lasting-name.ts'
import { LazyStorage } from './lazy-storage.ts'

/**
 * Sessions in one storage, the files that their checkpoints save in another: a database for what is small and often
 * written, S3 for what is large. Both are closed with it.
 *
 * `withCheckpointsIn(new PostgresStorage(url), new S3Storage({ bucket: 'perdure' }))`
 */
export function withCheckpointsIn(sessions: StorageSource, checkpoints: StorageSource): LazyStorage {
  return new LazyStorage(async () => {
    const [storage, place] = await Promise.all([checkStorage(sessions).open(), checkStorage(checkpoints).open()])
    const description = `${storage.description}, checkpoints in ${place.description}`
    const name = await lastingNameOf(storage)
    // The place may be that of other storages too, and a session that was moved or copied stands in two of them: what one
    // deletes must not be the other's.
    const own = ({ organizationId, workspaceId }: WorkspaceScope): WorkspaceScope => ({
      organizationId,
      workspaceId: `${workspaceId} of ${name}`,
    })
    return {
      ...keepCheckpointsIn(storage, (scope) => place.workspace(own(scope)).checkpoints),
      description,
      ownPlaces: [...(storage.ownPlaces ?? []), ...(place.ownPlaces ?? [])],
      close: async () => void (await Promise.all([sessions.close(), checkpoints.close()])),
    }
  })
}

/** The storage with its checkpoints in that place. */
export function keepCheckpointsIn(
  storage: Storage,
  checkpointsOf: (scope: WorkspaceScope) => CheckpointStore,
): Storage {
  return {
    description: storage.description,
    organization: (organizationId) => storage.organization(organizationId),
    close: () => storage.close(),
    workspace: (scope) => {
      const stores = storage.workspace(scope)
      const checkpoints = checkpointsOf(scope)
      return { ...stores, checkpoints, sessions: deletingCheckpoints(stores.sessions, checkpoints) }
    },
  }
}

/** The session goes first: it may be one that cannot be deleted now. */
function deletingCheckpoints(sessions: SessionRecords, checkpoints: CheckpointStore): SessionRecords {
  return {
    create: (record) => sessions.create(record),
    get: (sessionId) => sessions.get(sessionId),
    list: (options) => sessions.list(options),
    update: (sessionId, change) => sessions.update(sessionId, change),
    delete: async (sessionId) => {
      await sessions.delete(sessionId)
      await checkpoints.deleteRecords(sessionId)
    },
    deleteExpired: async () => {
      const deleted = await sessions.deleteExpired()
      for (const sessionId of deleted) await checkpoints.deleteRecords(sessionId)
      return deleted
    },
  }
}
