import { join } from 'node:path'
import { openWorkTrees } from '../checkpoints/open-work-trees.ts'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { Ledger, OrganizationLedger } from '../ports/ledger.ts'
import { checkScope } from '../ports/check-scope.ts'
import {
  defaultScope,
  type Storage,
  type StorageSource,
  type WorkspaceScope,
  type WorkspaceStores,
} from '../ports/storage.ts'
import type { WorkTrees } from '../ports/work-tree.ts'
import type { DataDirectory } from './data-directory.ts'
import { deleteExpiredNowAndThen } from './delete-sessions.ts'
import { namedStorage } from './environment-storage.ts'
import { locateDataDirectory } from './locate-data-directory.ts'
import { checkStorage } from './storage/check-storage-options.ts'
import { processRuntime } from './process-runtime.ts'

export interface WorkspaceOptions {
  /** Where sessions are kept. Default: the PostgreSQL of `DATABASE_URL`, else SQLite in the data directory. */
  readonly storage?: StorageSource
  /** Folder of the SQLite; whoever names one means it, whatever `DATABASE_URL` says. */
  readonly dataDirectory?: string
  readonly organizationId?: string
  readonly workspaceId?: string
}

export interface OpenWorkspace {
  readonly stores: WorkspaceStores
  readonly sandboxes: SandboxProvider
  /** The files of its sessions on this machine. */
  readonly workTrees: WorkTrees
  /** Of this machine; the stores may be elsewhere. */
  readonly dataDirectory: string
  /** Where the stores are, without secrets. */
  readonly description: string
}

/** The stores of one tenant’s space, in the storage that was given, in the database of the environment or in the data directory. */
export async function openWorkspace(options: WorkspaceOptions): Promise<OpenWorkspace> {
  const directory = directoryOf(options)
  const storage = await storageOf(options, directory)
  const stores = storage.workspace(scopeOf(options))
  const { path: dataDirectory, sandboxes } = directory
  if (options.storage === undefined) await deleteExpiredNowAndThen(storage, { scope: stores.scope, dataDirectory })
  const workTrees = openWorkTrees({
    folder: join(dataDirectory, 'work-trees'),
    dataDirectory,
    ...(storage.ownPlaces === undefined ? {} : { ownPlaces: storage.ownPlaces }),
    scope: stores.scope,
    store: stores.checkpoints,
    threads: processRuntime().workTreeThreads,
  })
  return { stores, sandboxes, workTrees, dataDirectory, description: storage.description }
}

/** The ledgers of a tenant’s space and of all its organization’s. */
export async function openAccounts(
  options: WorkspaceOptions,
): Promise<{ workspace: Ledger; organization: OrganizationLedger }> {
  const storage = await storageOf(options, directoryOf(options))
  const scope = scopeOf(options)
  return { workspace: storage.workspace(scope).ledger, organization: storage.organization(scope.organizationId) }
}

async function storageOf(options: WorkspaceOptions, directory: DataDirectory): Promise<Storage> {
  if (options.storage !== undefined) return checkStorage(options.storage).open()
  const named = options.dataDirectory === undefined ? namedStorage(process.env) : undefined
  return (named === undefined ? directory : processRuntime().storage(named)).open()
}

const directoryOf = ({ dataDirectory }: WorkspaceOptions): DataDirectory =>
  processRuntime().dataDirectory(
    locateDataDirectory({ named: dataDirectory, environment: process.env, currentDirectory: process.cwd() }),
  )

const scopeOf = (options: WorkspaceOptions): WorkspaceScope =>
  checkScope({
    organizationId: options.organizationId ?? defaultScope.organizationId,
    workspaceId: options.workspaceId ?? defaultScope.workspaceId,
  })
