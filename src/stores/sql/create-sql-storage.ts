import { checkScope } from '../../ports/check-scope.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { Storage } from '../../ports/storage.ts'
import { EventFeed } from '../events/event-feed.ts'
import { SqlCheckpointStore } from './checkpoints.ts'
import { SqlEventLog } from './event-log.ts'
import { prepareEventQueries } from './event-queries.ts'
import { SqlInbox } from './inbox.ts'
import { SqlLeaseStore } from './leases.ts'
import type { LedgerContext } from './ledger/ledger-context.ts'
import { prepareLedgerQueries } from './ledger/ledger-queries.ts'
import { SqlLedger } from './ledger/ledger.ts'
import { SqlOrganizationLedger } from './ledger/organization-ledger.ts'
import { migrate } from './migrate.ts'
import { isOwnerGone } from '../leases/process-liveness.ts'
import { SqlSealedSecrets } from './sealed-secrets.ts'
import { SqlSessionRecords } from './session-records.ts'
import { SqlSessionTransit } from './session-transit.ts'
import type { SqlBackend } from './sql-backend.ts'
import type { SqlStoreContext } from './sql-store-context.ts'
import { SqlTranscriptStore } from './transcripts.ts'

export interface SqlStorageOptions {
  /** True only when the owner of a lease provably lives no more; looks at this machine's processes by default. */
  readonly isOwnerGone?: (owner: LeaseOwner) => boolean
}

/** All stores on one SQL database, which is migrated first. */
export async function createSqlStorage(backend: SqlBackend, options: SqlStorageOptions = {}): Promise<Storage> {
  await migrate(backend)
  const feed = new EventFeed((committed) => backend.watchCommits(committed))
  const eventQueries = prepareEventQueries(backend)
  const judge = options.isOwnerGone ?? isOwnerGone
  const ledger: LedgerContext = { backend, queries: prepareLedgerQueries(backend), isOwnerGone: judge }
  return {
    description: backend.description,
    workspace: (scope) => {
      checkScope(scope)
      const context: SqlStoreContext = {
        backend,
        feed,
        eventQueries,
        workspace: { organization_id: scope.organizationId, workspace_id: scope.workspaceId },
        isOwnerGone: judge,
      }
      return {
        scope,
        events: new SqlEventLog(context),
        inbox: new SqlInbox(context),
        transcripts: new SqlTranscriptStore(context),
        sessions: new SqlSessionRecords(context),
        leases: new SqlLeaseStore(context),
        transit: new SqlSessionTransit(context),
        sealedSecrets: new SqlSealedSecrets(context),
        ledger: new SqlLedger(ledger, scope),
        checkpoints: new SqlCheckpointStore(context),
      }
    },
    organization: (organizationId) => new SqlOrganizationLedger(ledger, organizationId),
    close: async () => {
      feed.close()
      await backend.close()
    },
  }
}
