import type { LeaseOwner } from '../../ports/lease.ts'
import type { Storage, WorkspaceScope } from '../../ports/storage.ts'
import { EventFeed } from '../events/event-feed.ts'
import { BookLedger, type KeepBooks } from '../ledger/book-ledger.ts'
import { BookOrganizationLedger } from '../ledger/book-organization-ledger.ts'
import { LedgerBooks } from '../ledger/ledger-books.ts'
import { MemoryEventLog } from './event-log.ts'
import { MemoryInbox } from './inbox.ts'
import { MemoryLeaseStore } from './leases.ts'
import { MemoryLedgerPages } from './ledger-pages.ts'
import { MemoryWorkspace } from './memory-workspace.ts'
import { MemorySealedSecrets } from './sealed-secrets.ts'
import { MemorySessionRecords } from './session-records.ts'
import { MemorySessionTransit } from './session-transit.ts'
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
  const organizations = new Map<string, LedgerBooks>()
  const booksOf = (organizationId: string): KeepBooks => {
    const books = organizations.get(organizationId) ?? new LedgerBooks(new MemoryLedgerPages(), isOwnerGone)
    organizations.set(organizationId, books)
    return async (rule) => rule(books)
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
        transit: new MemorySessionTransit(workspace),
        sealedSecrets: new MemorySealedSecrets(workspace),
        ledger: new BookLedger(booksOf(scope.organizationId), scope),
        checkpoints: workspace.checkpoints,
      }
    },
    organization: (organizationId) => new BookOrganizationLedger(booksOf(organizationId), organizationId),
    close: async () => feed.close(),
  }
}
