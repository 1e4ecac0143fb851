import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PostgresServer } from './postgres-server.ts'

const variable = 'PERDURE_TEST_POSTGRES_SOCKET'

let folder: string | undefined
let desk: Server | undefined
let server: Promise<PostgresServer> | undefined

/** One PostgreSQL for all test files of a run, started when the first asks for it. */
export async function setup(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'perdure-desk-'))
  const path = join(folder, 'desk')
  desk = createServer((asking) => {
    asking.on('error', () => {})
    server ??= PostgresServer.start()
    server.then(
      ({ url }) => asking.end(url),
      () => asking.destroy(),
    )
  })
  desk.listen(path)
  await once(desk, 'listening')
  process.env[variable] = path
}

export async function teardown(): Promise<void> {
  desk?.close()
  await (await server)?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

/** The URL of the run's PostgreSQL, or of another one (with `fsync=off`). Take a schema of your own in it. */
export async function sharedPostgresUrl(): Promise<string> {
  const other = process.env['PERDURE_TEST_POSTGRES_URL']
  if (other) return other
  const asking = createConnection(process.env[variable]!)
  let url = ''
  for await (const chunk of asking.setEncoding('utf8')) url += String(chunk)
  if (url === '') throw new Error('no PostgreSQL could be started')
  return url
}

/** The storage of a test file, made once and emptied for each test: for contracts, which ask for many. */
export async function emptySchema(): Promise<string> {
  const client = new pg.Client(await sharedPostgresUrl())
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = $1 and tablename <> 'migration'`,
      [ownSchema],
    )
    // Quicker than truncating, while there is little in them. Nothing refers to what is not yet deleted.
    await client.query(
      ['set session_replication_role = replica', ...rows.map(({ name }) => `delete from ${ownSchema}.${name}`)].join(
        ';',
      ),
    )
  } finally {
    await client.end()
  }
  return ownSchema
}

let schemas = 0

/** A name that no other test uses. */
export const freshSchema = (): string => `test_${process.pid}_${Date.now().toString(36)}_${schemas++}`

const ownSchema = freshSchema()

/** A database of its own, for what is used with the usual schema. */
export async function newDatabase(): Promise<URL> {
  const url = new URL(await sharedPostgresUrl())
  const name = freshSchema()
  const client = new pg.Client(url.href)
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  url.pathname = `/${name}`
  return url
}
