import { PerdureError } from '../../errors/perdure-error.ts'
import type { RunEngine } from '../../ports/run-engine.ts'
import { PostgresStorage } from '../storage/postgres-storage.ts'
import { environmentDatabaseUrl } from '../environment-storage.ts'
import { locateDataDirectory } from '../locate-data-directory.ts'
import type { WorkspaceOptions } from '../open-workspace.ts'
import { processRuntime } from '../process-runtime.ts'

/** Where runs are queued. */
export interface EngineOptions {
  /**
   * A PostgreSQL whose fleet of workers does the runs, and where their sessions are, unless `storage` says otherwise.
   * Default: that of `DATABASE_URL`; without it the engine is that of the data directory, on this machine alone.
   */
  readonly databaseUrl?: string
  /** Folder of the local engine; whoever names one means it, whatever `DATABASE_URL` says. */
  readonly dataDirectory?: string
  /** Where the sessions are kept. Workers and those who submit must name the same. */
  readonly storage?: WorkspaceOptions['storage']
}

/** The engine of these options, one in a process. @throws {PerdureError} `invalid_request`, and what it throws when it is opened. */
export function openEngine({ databaseUrl, dataDirectory }: EngineOptions): Promise<RunEngine> {
  const { engines } = processRuntime()
  const url = databaseUrl ?? (dataDirectory === undefined ? environmentDatabaseUrl(process.env) : undefined)
  if (url !== undefined && dataDirectory !== undefined) {
    throw new PerdureError('invalid_request', 'Name databaseUrl or dataDirectory: an engine has one place.')
  }
  return engines.open(url === undefined ? { dataDirectory: directoryOf(dataDirectory) } : { url })
}

/** Where the sessions of an engine's runs are. */
export function storageOfEngine({ databaseUrl, dataDirectory, storage }: EngineOptions): WorkspaceOptions {
  if (storage !== undefined) return { storage }
  // The environment's own may have S3 beside it: one database has one home for its checkpoints, whoever names it.
  if (databaseUrl !== undefined && databaseUrl !== environmentDatabaseUrl(process.env)) {
    const source = () => new PostgresStorage(databaseUrl)
    const named = { kind: 'postgres', variable: 'databaseUrl', place: databaseUrl, source }
    return { storage: processRuntime().storage(named) }
  }
  return dataDirectory === undefined ? {} : { dataDirectory }
}

const directoryOf = (named: string | undefined): string =>
  locateDataDirectory({ named, environment: process.env, currentDirectory: process.cwd() })
