import type { CheckpointStore } from './checkpoint-store.ts'
import type { EventLog } from './event-log.ts'
import type { Inbox } from './inbox.ts'
import type { LeaseStore } from './lease.ts'
import type { Ledger, OrganizationLedger } from './ledger.ts'
import type { SessionRecords } from './session-records.ts'
import type { SessionTransit } from './session-transit.ts'
import type { TranscriptStore } from './transcript-store.ts'
import type { SealedSecretStore } from './vault.ts'

/** Everything a session needs to survive, in one backend. */
export interface Storage {
  /** Display name of the backend and where it is, without secrets: `sqlite .perdure/perdure.db`. */
  readonly description: string
  /** Files and folders of this machine that are its own: no work tree that they lie in holds them. */
  readonly ownPlaces?: readonly string[]
  /** The stores of one workspace; nothing of another workspace can be reached through them. */
  workspace(scope: WorkspaceScope): WorkspaceStores
  /** What an operator may see of all workspaces of an organization; never for a tenant. */
  organization(organizationId: string): OrganizationLedger
  /** Waits for what is under way, then lets go of the backend. */
  close(): Promise<void>
}

/** A storage that is opened when it is first needed; what callers make with `new SqliteStorage(…)`. */
export interface StorageSource {
  /** Opens once; the same storage every time. @throws {PerdureError} `storage_failed`, `storage_busy`, `storage_schema_too_new`. */
  open(): Promise<Storage>
  /** Lets go of it; does nothing when it was never opened. */
  close(): Promise<void>
}

export interface WorkspaceScope {
  readonly organizationId: string
  readonly workspaceId: string
}

export const defaultScope: WorkspaceScope = { organizationId: 'default', workspaceId: 'default' }

export interface WorkspaceStores {
  readonly scope: WorkspaceScope
  readonly events: EventLog
  readonly inbox: Inbox
  readonly transcripts: TranscriptStore
  readonly sessions: SessionRecords
  readonly leases: LeaseStore
  readonly transit: SessionTransit
  /** Where the workspace's vault keeps what it has sealed. */
  readonly sealedSecrets: SealedSecretStore
  readonly ledger: Ledger
  /** Saved work trees. Deleting a session deletes its records here. */
  readonly checkpoints: CheckpointStore
}
