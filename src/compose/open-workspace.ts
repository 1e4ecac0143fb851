import type { SandboxProvider } from '../ports/sandbox.ts'
import { defaultScope, type StorageSource, type WorkspaceStores } from '../ports/storage.ts'
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

/** The stores of one tenant's space, in the storage that was given or in the data directory. */
export async function openWorkspace(options: WorkspaceOptions): Promise<OpenWorkspace> {
  const directory = processRuntime().dataDirectory(
    locateDataDirectory({
      named: options.dataDirectory,
      environment: process.env,
      currentDirectory: process.cwd(),
    }),
  )
  const storage = await (options.storage ?? directory).open()
  const stores = storage.workspace({
    organizationId: options.organizationId ?? defaultScope.organizationId,
    workspaceId: options.workspaceId ?? defaultScope.workspaceId,
  })
  if (options.storage === undefined) await stores.sessions.deleteExpired()
  return { stores, sandboxes: directory.sandboxes }
}
