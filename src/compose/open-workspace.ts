import type { SandboxProvider } from '../ports/sandbox.ts'
import type { Ledger, OrganizationLedger } from '../ports/ledger.ts'
import {
  defaultScope,
  type Storage,
  type StorageSource,
  type WorkspaceScope,
  type WorkspaceStores,
} from '../ports/storage.ts'
import type { DataDirectory } from './data-directory.ts'
import { locateDataDirectory } from './locate-data-directory.ts'
import { processRuntime } from './process-runtime.ts'

export interface WorkspaceOptions {
  /** Where sessions are kept. Default: SQLite in the data directory. */
  readonly storage?: StorageSource
  readonly dataDirectory?: string
  readonly organizationId?: string
  readonly workspaceId?: string
}

export interface OpenWorkspace {
  readonly stores: WorkspaceStores
  readonly sandboxes: SandboxProvider
}

/** The stores of one tenant’s space, in the storage that was given or in the data directory. */
export async function openWorkspace(options: WorkspaceOptions): Promise<OpenWorkspace> {
  const directory = directoryOf(options)
  const stores = (await storageOf(options, directory)).workspace(scopeOf(options))
  if (options.storage === undefined) await stores.sessions.deleteExpired()
  return { stores, sandboxes: directory.sandboxes }
}

/** The ledgers of a tenant’s space and of all its organization’s. */
export async function openAccounts(
  options: WorkspaceOptions,
): Promise<{ workspace: Ledger; organization: OrganizationLedger }> {
  const storage = await storageOf(options, directoryOf(options))
  const scope = scopeOf(options)
  return { workspace: storage.workspace(scope).ledger, organization: storage.organization(scope.organizationId) }
}

const storageOf = (options: WorkspaceOptions, directory: DataDirectory): Promise<Storage> =>
  (options.storage ?? directory).open()

const directoryOf = ({ dataDirectory }: WorkspaceOptions): DataDirectory =>
  processRuntime().dataDirectory(
    locateDataDirectory({ named: dataDirectory, environment: process.env, currentDirectory: process.cwd() }),
  )

const scopeOf = (options: WorkspaceOptions): WorkspaceScope => ({
  organizationId: options.organizationId ?? defaultScope.organizationId,
  workspaceId: options.workspaceId ?? defaultScope.workspaceId,
})
