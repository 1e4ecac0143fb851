/** A connection to the engine’s SQLite file that never blocks the event loop: what finds it locked tries again. */
export interface EngineDatabase {
  /** @throws {PerdureError} `storage_busy`, `storage_failed`. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<{ readonly rows: unknown[]; readonly changes: number }>
  close(): void
}
