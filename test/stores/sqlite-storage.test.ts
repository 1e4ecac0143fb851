import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

storageContract({ open: (options) => openSqliteStorage({ dataDirectory: newDirectory(), ...options }) })
