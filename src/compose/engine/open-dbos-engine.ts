import { DbosEngine, type DbosEngineOptions } from '../../engines/dbos/dbos-engine.ts'
import type { RunEngine } from '../../ports/run-engine.ts'

/** The engine of a fleet. @throws {PerdureError} `storage_failed`, `storage_schema_too_new`, `configuration_invalid`. */
export const openDbosEngine = (options: DbosEngineOptions): Promise<RunEngine> => DbosEngine.open(options)
