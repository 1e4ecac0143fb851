import { join } from 'node:path'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { proveFleet } from '../gateway/billing/fleet.ts'
import { testScope } from '../gateway/billing/run-account.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

/**
 * Runs at the same time on common budgets, with a service that refuses, cuts, repeats and bills in full; nobody is
 * killed. Every fourth trial is on SQLite, the others in memory. @throws when a limit is exceeded.
 */
export const proveFleets = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const storage =
      seed % 4 === 0 ? await openSqliteStorage({ dataDirectory: join(folder, 'data') }) : openMemoryStorage()
    try {
      await proveFleet(storage.workspace(testScope).ledger, seed)
      return { kills: 0 }
    } finally {
      await storage.close()
    }
  }, options)
