import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/**
 * One user of a folder at a time, over all threads and processes of this machine. The system frees the lock of who dies.
 * It blocks its thread while it waits, so it is for threads that have nothing else to do.
 */
export class FolderLock {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    // Short waits: a thread that waits in one long call cannot be ended.
    this.#database = new DatabaseSync(join(folder, 'lock'), { timeout: 50 })
  }

  /** Waits as long as it takes. */
  hold<Result>(use: () => Result): Result {
    this.#take()
    try {
      return use()
    } finally {
      this.#database.exec('rollback')
    }
  }

  close(): void {
    this.#database.close()
  }

  #take(): void {
    for (;;) {
      try {
        return this.#database.exec('begin exclusive')
      } catch (error) {
        if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
      }
    }
  }
}
