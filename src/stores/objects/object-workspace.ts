import type { SessionId } from '../../domain/ids.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import type { WorkspaceScope } from '../../ports/storage.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { Batches } from './batches.ts'
import type { ConversationDocument } from './conversation.ts'
import type { Documents } from './documents.ts'
import { objectName } from './object-name.ts'
import { isExpired, noSession, type SessionDocument, type StoredSession } from './session-document.ts'
import { spillConversation, spillSession } from './spill-lists.ts'
import type { VersionedDocument } from './versioned-document.ts'

export interface ObjectWorkspaceOptions {
  readonly scope: WorkspaceScope
  readonly bucket: ObjectBucket
  readonly documents: Documents
  readonly batches: Batches
  readonly feed: EventFeed
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
}

/** Where one workspace has its objects, and what its stores share. */
export class ObjectWorkspace {
  readonly scope: WorkspaceScope
  readonly bucket: ObjectBucket
  readonly documents: Documents
  readonly batches: Batches
  readonly feed: EventFeed
  readonly prefix: string
  readonly #isOwnerGone: (owner: LeaseOwner) => boolean

  constructor(options: ObjectWorkspaceOptions) {
    this.scope = options.scope
    this.bucket = options.bucket
    this.documents = options.documents
    this.batches = options.batches
    this.feed = options.feed
    this.#isOwnerGone = options.isOwnerGone
    const { organizationId, workspaceId } = options.scope
    this.prefix = `o/${objectName(organizationId)}/w/${objectName(workspaceId)}`
  }

  get sessionsPrefix(): string {
    return `${this.prefix}/s/`
  }

  get conversationsPrefix(): string {
    return `${this.prefix}/c/`
  }

  session(sessionId: SessionId): VersionedDocument<SessionDocument> {
    return this.documents.at<SessionDocument>(`${this.sessionsPrefix}${objectName(sessionId)}`, {
      empty: noSession,
      spill: (state, put) => {
        const prefixOf = (agentSessionId: string): string => `${this.prefix}/b/c-${objectName(agentSessionId)}`
        return spillSession(state, { prefix: this.sessionBatches(sessionId), prefixOf, put })
      },
    })
  }

  /** Batches of all sessions that ever stood under this id. */
  sessionBatches(sessionId: SessionId): string {
    return `${this.prefix}/b/s-${objectName(sessionId)}`
  }

  checkpointRecords(sessionId: SessionId): string {
    return `${this.prefix}/k/${objectName(sessionId)}/`
  }

  conversation(agentSessionId: string): VersionedDocument<ConversationDocument> {
    return this.#conversationNamed(objectName(agentSessionId), agentSessionId)
  }

  /** The conversation whose newest version was found in a listing; its name alone does not say what it is. */
  conversationListed(key: string): Promise<ConversationDocument> {
    return this.#conversationNamed(key.split('/').at(-2)!, '').readListed(key)
  }

  #conversationNamed(name: string, agentSessionId: string): VersionedDocument<ConversationDocument> {
    return this.documents.at<ConversationDocument>(`${this.conversationsPrefix}${name}`, {
      empty: { agentSessionId, claim: 0, owner: null, own: null },
      spill: (state, put) => spillConversation(state, `${this.prefix}/b/c-${name}`, put),
    })
  }

  isDriven({ lease }: StoredSession, nowMs: number): boolean {
    return lease !== null && lease.expiresAtMs > nowMs && !this.#isOwnerGone(lease.owner)
  }

  /** Its time is over and nobody drives it. */
  isOver(session: StoredSession, nowMs: number): boolean {
    return isExpired(session, nowMs) && !this.isDriven(session, nowMs)
  }

  topicOf(sessionId: SessionId): string {
    return JSON.stringify([this.scope.organizationId, this.scope.workspaceId, sessionId])
  }
}
