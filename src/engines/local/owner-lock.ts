import { DatabaseSync } from 'node:sqlite'

/** https://sqlite.org/rescode.html */
const busyCode = 5

/**
 * Who works on a data directory: at most one process, by an exclusive lock on a side file that the operating system
 * frees when the process dies. Locks of POSIX belong to a process and fall when it closes any descriptor of the file,
 * so nothing else may open it.
 */
export class OwnerLock {
  readonly #file: string
  #database: DatabaseSync | null = null

  constructor(file: string) {
    this.#file = file
  }

  /** Takes it if nobody has it. @throws what SQLite throws, when the file cannot be used. */
  tryTake(): boolean {
    this.#database ??= new DatabaseSync(this.#file, { timeout: 0 })
    try {
      this.#database.exec('begin exclusive')
      return true
    } catch (error) {
      if (error instanceof Error && 'errcode' in error && error.errcode === busyCode) return false
      this.release()
      throw error
    }
  }

  release(): void {
    this.#database?.close()
    this.#database = null
  }
}
