import { describe } from 'vitest'
import { MemoryStorage } from '../../src/index.ts'
import { temporaryDirectories } from '../stores/temporary-directory.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import { bareAgentSuite, sharedBackend } from './bare-agent-suite.ts'
import { runBareAgent } from './bare-agent.ts'

const newDirectory = temporaryDirectories()

describe('the bare Agent SDK on memory', () =>
  bareAgentSuite(async () => {
    const storage = new MemoryStorage()
    return { storage, runElsewhere: (run) => runBareAgent(run, storage.sessionStore) }
  }))

describe('the bare Agent SDK on SQLite', () =>
  bareAgentSuite(async () => sharedBackend(['SqliteStorage', { dataDirectory: newDirectory() }])))

describe('the bare Agent SDK on a folder', () =>
  bareAgentSuite(async () => sharedBackend(['FilesystemStorage', newDirectory()])))

describe('the bare Agent SDK on PostgreSQL', () =>
  bareAgentSuite(async () =>
    sharedBackend(['PostgresStorage', { url: await sharedPostgresUrl(), schema: freshSchema() }]),
  ))
