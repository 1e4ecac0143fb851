import type { LeaseOwner } from '../../ports/lease.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import type { Storage } from '../../ports/storage.ts'
import { EventFeed } from '../events/event-feed.ts'
import { isOwnerGone } from '../leases/process-liveness.ts'
import { BookLedger } from '../ledger/book-ledger.ts'
import { BookOrganizationLedger } from '../ledger/book-organization-ledger.ts'
import { Batches } from './batches.ts'
import { ObjectCheckpointStore } from './checkpoint-store.ts'
import { Documents } from './documents.ts'
import { ObjectEventLog } from './event-log.ts'
import { ObjectInbox } from './inbox.ts'
import { keepBooksIn } from './keep-books.ts'
import { ObjectLeaseStore } from './leases.ts'
import { NewsWatch } from './news-watch.ts'
import { ObjectWorkspace } from './object-workspace.ts'
import { ObjectSealedSecrets } from './sealed-secrets.ts'
import { ObjectSessionRecords } from './session-records.ts'
import { ObjectSessionTransit } from './session-transit.ts'
import { ObjectTranscriptStore } from './transcripts.ts'

export interface ObjectStorageOptions {
  /** How often followers look for what other processes write, while there is nothing; more often while there is. 1000 by default. */
  readonly pollMs?: number
  /** True only when the owner of a lease provably lives no more; looks at this machine's processes by default. */
  readonly isOwnerGone?: (owner: LeaseOwner) => boolean
}

/** All stores in a bucket, which needs no server beside it. Closing the storage closes the bucket. */
export function openObjectStorage(bucket: ObjectBucket, options: ObjectStorageOptions = {}): Storage {
  const news = new NewsWatch(options.pollMs ?? 1_000)
  const feed = new EventFeed(news.watch)
  const documents = new Documents(bucket, () => news.found())
  const shared = { bucket, documents, batches: new Batches(bucket), isOwnerGone: options.isOwnerGone ?? isOwnerGone }
  const booksOf = (organizationId: string) => keepBooksIn({ ...shared, organizationId })
  return {
    description: bucket.description,
    workspace: (scope) => {
      const workspace = new ObjectWorkspace({ ...shared, scope, feed })
      return {
        scope,
        events: new ObjectEventLog(workspace),
        inbox: new ObjectInbox(workspace),
        transcripts: new ObjectTranscriptStore(workspace),
        sessions: new ObjectSessionRecords(workspace),
        leases: new ObjectLeaseStore(workspace),
        transit: new ObjectSessionTransit(workspace),
        sealedSecrets: new ObjectSealedSecrets(workspace),
        ledger: new BookLedger(booksOf(scope.organizationId), scope),
        checkpoints: new ObjectCheckpointStore(workspace),
      }
    },
    organization: (organizationId) => new BookOrganizationLedger(booksOf(organizationId), organizationId),
    close: async () => {
      feed.close()
      await documents.settled()
      await bucket.close()
    },
  }
}
