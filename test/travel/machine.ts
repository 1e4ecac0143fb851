import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { LoggedEvent, RunOutcome } from '../../src/index.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import type { MachineOrder } from '../support/programs/machine.ts'

const program = fileURLToPath(new URL('../support/programs/machine.ts', import.meta.url))

export interface MachineReport {
  readonly events: readonly LoggedEvent[]
  /** What the order came to; undefined when the machine died. */
  readonly ended: unknown
}

/** A machine: a network, processes, a name and folders of its own. Of other machines it sees nothing. */
export class Machine {
  readonly root: string
  readonly work: string
  readonly #name: string
  readonly #place: { readonly roots: string; readonly storage: Readonly<Record<string, string>> }

  constructor(name: string, place: { roots: string; storage?: Readonly<Record<string, string>> }) {
    this.#name = name
    this.#place = { storage: {}, ...place }
    this.root = join(place.roots, name)
    this.work = join(this.root, 'work')
    for (const folder of ['home', 'tmp', 'data']) mkdirSync(join(this.root, folder), { recursive: true })
  }

  /** Does as told; all its processes are killed at the first event that is the moment. */
  async do(order: MachineOrder, dieAt: (event: LoggedEvent) => boolean = () => false): Promise<MachineReport> {
    const isolated = ['--unshare-net', '--unshare-pid', '--unshare-uts', '--hostname', this.#name, '--die-with-parent']
    const sees = [
      '--dev-bind',
      '/',
      '/',
      '--proc',
      '/proc',
      '--tmpfs',
      this.#place.roots,
      '--bind',
      this.root,
      this.root,
    ]
    const child = spawn('bwrap', [...sees, ...isolated, process.execPath, program, JSON.stringify(order)], {
      env: {
        ...process.env,
        HOME: join(this.root, 'home'),
        TMPDIR: join(this.root, 'tmp'),
        PERDURE_DATA_DIR: join(this.root, 'data'),
        ...this.#place.storage,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const events: LoggedEvent[] = []
    let ended: unknown
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as LoggedEvent | { ended: unknown }
      if ('ended' in said) ended = said.ended
      else if ('sequence' in said) events.push(said)
      if ('sequence' in said && dieAt(said)) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return { events, ended }
  }

  async turn(order: Omit<Extract<MachineOrder, { do: 'turn' }>, 'do'>): Promise<MachineTurn> {
    const { events, ended } = await this.do({ do: 'turn', ...order })
    if (ended === undefined) throw new Error(`the machine ${this.#name} died`)
    return { events, ...(ended as Pick<MachineTurn, 'outcome' | 'asked'>) }
  }
}

export interface MachineTurn {
  readonly events: readonly LoggedEvent[]
  readonly outcome: RunOutcome
  /** Bodies of the model requests. */
  readonly asked: readonly unknown[]
}

/** A new database of the tests' PostgreSQL, and its URL for machines without a network: its door is a socket in a folder. */
export async function sharedDatabase(folder: string): Promise<{ inside: string; outside: string }> {
  const url = new URL(await sharedPostgresUrl())
  const database = freshSchema()
  const client = new pg.Client(url.href)
  await client.connect()
  await client.query(`create database ${database}`)
  await client.end()
  const door = createServer((inside) => {
    const outside = connect(Number(url.port), url.hostname)
    inside.on('error', () => outside.destroy()).pipe(outside)
    outside.on('error', () => inside.destroy()).pipe(inside)
  })
  door.listen(join(folder, '.s.PGSQL.5432'))
  await once(door, 'listening')
  onTestFinished(() => void door.close())
  url.pathname = `/${database}`
  const { username, password } = url
  const inside = `postgres://${username}:${password}@localhost/${database}?host=${encodeURIComponent(folder)}`
  return { inside, outside: url.href }
}
