import type { LeaseOwner } from '../../ports/lease.ts'
import type { Storage, WorkspaceScope } from '../../ports/storage.ts'
import { EventFeed } from '../events/event-feed.ts'
import { MemoryEventLog } from './event-log.ts'
import { MemoryInbox } from './inbox.ts'
import { MemoryLeaseStore } from './leases.ts'
import { MemoryLedgerBooks } from './ledger-books.ts'
import { MemoryLedger } from './ledger.ts'
import { MemoryWorkspace } from './memory-workspace.ts'
import { MemoryOrganizationLedger } from './organization-ledger.ts'
import { MemorySealedSecrets } from './sealed-secrets.ts'
import { MemorySessionRecords } from './session-records.ts'
import { MemoryTranscriptStore } from './transcripts.ts'

export interface MemoryStorageOptions {
  /** True only when the owner of a lease provably lives no more. By default nobody is: all owners are this process. */
  readonly isOwnerGone?: (owner: LeaseOwner) => boolean
}

/** All stores in this process's memory, for tests and for sessions that need not outlive it. */
export function openMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  const feed = new EventFeed()
  const isOwnerGone = options.isOwnerGone ?? (() => false)
  const workspaces = new Map<string, MemoryWorkspace>()
  const organizations = new Map<string, MemoryLedgerBooks>()
  const booksOf = (organizationId: string): MemoryLedgerBooks => {
    const books = organizations.get(organizationId) ?? new MemoryLedgerBooks(organizationId, isOwnerGone)
    organizations.set(organizationId, books)
    return books
  }
  const workspaceOf = (scope: WorkspaceScope): MemoryWorkspace => {
    const name = JSON.stringify([scope.organizationId, scope.workspaceId])
    const workspace = workspaces.get(name) ?? new MemoryWorkspace({ scope, feed, isOwnerGone })
    workspaces.set(name, workspace)
    return workspace
  }
  return {
    description: 'memory',
    workspace: (scope) => {
      const workspace = workspaceOf(scope)
      return {
        scope,
        events: new MemoryEventLog(workspace),
        inbox: new MemoryInbox(workspace),
        transcripts: new MemoryTranscriptStore(workspace),
        sessions: new MemorySessionRecords(workspace),
        leases: new MemoryLeaseStore(workspace),
        sealedSecrets: new MemorySealedSecrets(workspace),
        ledger: new MemoryLedger(booksOf(scope.organizationId), scope),
        checkpoints: workspace.checkpoints,
      }
    },
    organization: (organizationId) => new MemoryOrganizationLedger(booksOf(organizationId)),
    close: async () => feed.close(),
  }
}
