import { DatabaseSync } from 'node:sqlite'

/** The least that could hold the same events: one table, the same durability, nothing around it. */
export interface BareEventTable {
  /** All in one transaction, on the disk when it returns. */
  append(payloads: readonly string[]): void
  read(): unknown[]
  close(): void
}

export function openBareEventTable(file: string): BareEventTable {
  const database = new DatabaseSync(file)
  for (const pragma of ['journal_mode = wal', 'synchronous = full', 'fullfsync = on', 'foreign_keys = on']) {
    database.exec(`pragma ${pragma}`)
  }
  database.exec('create table event (session text, sequence integer, payload text, primary key (session, sequence))')
  const insert = database.prepare("insert into event values ('session', ?, ?)")
  const select = database.prepare("select payload from event where session = 'session' order by sequence")
  let sequence = 0
  return {
    append(payloads) {
      database.exec('begin immediate')
      for (const payload of payloads) insert.run(++sequence, payload)
      database.exec('commit')
    },
    read: () => select.all().map((row) => JSON.parse((row as { payload: string }).payload) as unknown),
    close: () => database.close(),
  }
}
