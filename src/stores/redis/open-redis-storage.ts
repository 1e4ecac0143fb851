import { randomUUID } from 'node:crypto'
import type { Storage, WorkspaceScope, WorkspaceStores } from '../../ports/storage.ts'
import { EventFeed } from '../events/event-feed.ts'
import { isOwnerGone } from '../leases/process-liveness.ts'
import { BookLedger, type KeepBooks } from '../ledger/book-ledger.ts'
import { BookOrganizationLedger } from '../ledger/book-organization-ledger.ts'
import { RedisCheckpointStore } from './checkpoint-store.ts'
import { CommitHub } from './commit-hub.ts'
import { durabilityCaveats } from './durability.ts'
import { RedisEventLog } from './event-log.ts'
import { givenConnection } from './given-connection.ts'
import { RedisInbox } from './inbox.ts'
import { RedisLeaseStore } from './leases.ts'
import { RedisBooks } from './ledger/keep-books.ts'
import { OwnConnection } from './own-connection.ts'
import { booksPrefix, workspacePrefix } from './redis-keys.ts'
import { redisSettings, type RedisStorageOptions } from './redis-options.ts'
import { RedisServer } from './redis-server.ts'
import { RedisWorkspace, type RedisContext } from './redis-workspace.ts'
import { RedisSealedSecrets } from './sealed-secrets.ts'
import { RedisSessionRecords } from './session-records.ts'
import { RedisSessionTransit } from './session-transit.ts'
import { RedisTranscriptStore } from './transcripts.ts'
import { WriteLanes } from './write-lanes.ts'

/**
 * Opens the stores in a Redis, which processes of many machines may share. What is acknowledged is as durable as the
 * server makes its writes.
 * @throws {PerdureError} `storage_failed`, `storage_busy`, `configuration_invalid`.
 */
export async function openRedisStorage(options: RedisStorageOptions): Promise<Storage> {
  const settings = redisSettings(options)
  const { keyPrefix } = settings
  const connection =
    options.url === undefined
      ? givenConnection(options.client)
      : await OwnConnection.to(options.url, { tls: options.tls, connectTimeoutMs: settings.busyTimeoutMs })
  const server = new RedisServer(connection, settings)
  const caveats = await server
    .assertThere()
    .then(() => durabilityCaveats(server))
    .catch(async (error: unknown) => {
      await server.close()
      throw error
    })
  const hub = new CommitHub(connection, { channel: `${keyPrefix}:committed`, token: randomUUID() })
  const feed = new EventFeed((committed) => hub.watch(committed))
  const judge = options.isOwnerGone ?? isOwnerGoneHere
  const context: RedisContext = { server, hub, lanes: new WriteLanes(), feed, keyPrefix, isOwnerGone: judge }
  const organizations = new Map<string, RedisBooks>()
  const booksOf = (organizationId: string): KeepBooks => {
    const place = new RedisWorkspace(context, booksPrefix(keyPrefix, organizationId))
    const books = organizations.get(organizationId) ?? new RedisBooks(place, { ...settings, isOwnerGone: judge })
    organizations.set(organizationId, books)
    return books.keep
  }
  return {
    description: `redis ${server.place} (${[`keys ${keyPrefix}:…`, ...caveats].join(', ')})`,
    workspace: (scope) => storesOf(context, { scope, keep: booksOf(scope.organizationId) }),
    organization: (organizationId) => new BookOrganizationLedger(booksOf(organizationId), organizationId),
    close: async () => {
      feed.close()
      hub.close()
      await Promise.all([...organizations.values()].map((books) => books.idle()))
      await server.close()
    },
  }
}

function storesOf(context: RedisContext, { scope, keep }: { scope: WorkspaceScope; keep: KeepBooks }): WorkspaceStores {
  const workspace = new RedisWorkspace(context, workspacePrefix(context.keyPrefix, scope))
  return {
    scope,
    events: new RedisEventLog(workspace),
    inbox: new RedisInbox(workspace),
    transcripts: new RedisTranscriptStore(workspace),
    sessions: new RedisSessionRecords(workspace),
    leases: new RedisLeaseStore(workspace),
    transit: new RedisSessionTransit(workspace),
    sealedSecrets: new RedisSealedSecrets(workspace),
    ledger: new BookLedger(keep, scope),
    checkpoints: new RedisCheckpointStore(workspace),
  }
}

/** Only Linux can tell machines apart that have the same host name; elsewhere the lease of a dead owner runs out. */
const isOwnerGoneHere: typeof isOwnerGone = (owner) => process.platform === 'linux' && isOwnerGone(owner)
