import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ServerReport } from './programs/postgres-server.ts'

const program = fileURLToPath(new URL('./programs/postgres-server.ts', import.meta.url))

/** A real PostgreSQL on a free port of this machine, empty, gone with the process that started it. */
export class PostgresServer {
  readonly url: string
  readonly #child: ChildProcess
  readonly #reports: AsyncIterator<string>
  #processId: number

  private constructor(
    child: ChildProcess,
    started: { url: string; processId: number; reports: AsyncIterator<string> },
  ) {
    this.#child = child
    this.url = started.url
    this.#reports = started.reports
    this.#processId = started.processId
  }

  static async start(): Promise<PostgresServer> {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await reports.next()
    if (first.done === true) throw new Error('no PostgreSQL could be started; what it said is above')
    const report = JSON.parse(first.value) as ServerReport & { state: 'started' }
    return new PostgresServer(child, { ...report, reports })
  }

  /** Ends it in good order: those who are connected are told. */
  stop = () => this.#command('stop')
  /** As when the machine's power goes. */
  kill = () => this.#command('kill')
  start = () => this.#command('start')

  /** Ends it for good, and removes its data. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.stdin!.end()
      await ended
    }
    // Killed before it could end the server.
    if (this.#child.signalCode !== null) process.kill(this.#processId, 'SIGKILL')
  }

  async #command(command: 'stop' | 'kill' | 'start'): Promise<void> {
    this.#child.stdin!.write(`${command}\n`)
    const { done, value } = await this.#reports.next()
    if (done === true) throw new Error(`the PostgreSQL server ended at "${command}"`)
    const report = JSON.parse(value) as ServerReport
    if (report.state === 'started') this.#processId = report.processId
  }
}
