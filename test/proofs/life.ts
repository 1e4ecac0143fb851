import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LoggedEvent, RunOutcome } from '../../src/index.ts'
import { processesMarked } from '../support/processes.ts'
import type { Place } from './place.ts'
import type { LifePlan } from './session-plan.ts'

export interface LifeTask {
  readonly plan: LifePlan
  readonly sessionId: string | undefined
  readonly dataDirectory: string
  readonly cwd: string
  readonly counterFile: string
  /** In the environment of the agent and all that it starts. */
  readonly mark: string
  /** Takes the session for so long only, and again and again while it lives. */
  readonly leaseMs?: number
  /** Where the session lives, if not in the data directory. */
  readonly place?: Place
  /** Its agent is played, without the binary. */
  readonly hasPlainAgent?: boolean
}

export interface LifeWatch {
  /** Ends the server of the database; when it has, the host goes on, and the server is started again by its own. */
  readonly killDatabase?: () => Promise<void>
}

/** One line of a host's standard output. */
export type LifeReport =
  | { kind: 'event'; event: LoggedEvent }
  | { kind: 'preview' }
  /** A message was taken by the run, and so is durable. */
  | { kind: 'said'; text: string }
  /** The main thread asked the model: which of the user's words were in it, and by what the answer is known. */
  | { kind: 'asked'; heard: readonly string[]; answer: string }
  /** The write at which somebody is to be killed; the host waits for a line on standard input, if it is not the host itself. */
  | { kind: 'at_write'; name: string }
  | { kind: 'outcome'; status: RunOutcome['status']; code: string | null }
  | { kind: 'rejected'; code: string; message: string }

const program = fileURLToPath(new URL('./programs/live.ts', import.meta.url))
/** A host that says nothing final by then hangs. */
const longestLifeMs = 90_000
/** From the death of its agent a run may take so long to end. */
const longestEndingMs = 10_000

/** A host that lives in a process of its own. */
export class Life {
  readonly child: ChildProcess
  readonly reports: { readonly atMs: number; readonly report: LifeReport }[] = []
  /** When the kill hit, on this process's clock; undefined while it did not. */
  killedAtMs: number | undefined
  stderr = ''
  readonly ended: Promise<void>
  readonly #task: LifeTask
  readonly #watch: LifeWatch
  #onReport: (count: number) => void = () => {}

  constructor(task: LifeTask, watch: LifeWatch = {}) {
    this.#task = task
    this.#watch = watch
    const temporary = join(task.dataDirectory, '../tmp')
    const home = join(task.dataDirectory, '../home')
    for (const folder of [task.cwd, temporary, home]) mkdirSync(folder, { recursive: true })
    this.child = spawn(process.execPath, [program, JSON.stringify(task)], {
      cwd: task.cwd,
      // The agent's shell reads its owner's profile; what a kill there leaves behind must not reach the next trial.
      env: { ...process.env, TMPDIR: temporary, HOME: home },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdin!.on('error', () => {})
    this.child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (this.stderr = (this.stderr + text).slice(-4_000)))
    const lines = createInterface({ input: this.child.stdout! })
    lines.on('line', (line) => this.#take(line))
    this.ended = Promise.all([once(this.child, 'close'), once(lines, 'close')]).then(() => {})
  }

  get events(): LoggedEvent[] {
    return this.reports.flatMap(({ report }) => (report.kind === 'event' ? [report.event] : []))
  }

  /** The last thing that was told of this kind. */
  last<Kind extends LifeReport['kind']>(kind: Kind): Extract<LifeReport, { kind: Kind }> | undefined {
    const found = this.reports.findLast(({ report }) => report.kind === kind)?.report
    return found as Extract<LifeReport, { kind: Kind }> | undefined
  }

  /** Resolves when so many things were told, or the life is over. */
  async told(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#onReport = (told) => told >= count && resolve()
      this.#onReport(this.reports.length)
    })
    await Promise.race([enough, this.ended])
  }

  /** Lives the plan to its end, kill included. @throws when the host hangs. */
  async run(): Promise<this> {
    const alarm = setTimeout(() => void this.child.kill('SIGABRT'), longestLifeMs)
    void this.#killAsPlanned()
    await this.ended
    clearTimeout(alarm)
    if (this.child.signalCode === 'SIGABRT') throw new Error(`the host hung: ${this.stderr}`)
    const { kill } = this.#task.plan
    if (kill?.victim === 'agent' && this.killedAtMs !== undefined) {
      const tookMs = performance.now() - this.killedAtMs
      if (tookMs > longestEndingMs)
        throw new Error(`the run took ${Math.round(tookMs)} ms to end after its agent was dead`)
    }
    return this
  }

  async #killAsPlanned(): Promise<void> {
    const { kill } = this.#task.plan
    if (kill === null || 'atWrite' in kill) return
    if ('afterReports' in kill) await this.told(kill.afterReports)
    else await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, kill.afterMs))])
    while (this.killedAtMs === undefined && this.child.exitCode === null && this.child.signalCode === null) {
      const hit = kill.victim === 'host' ? this.child.kill('SIGKILL') : this.#killAgent(kill)
      if (hit) this.killedAtMs = performance.now()
      else await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Its wrappers are as good a victim as the agent itself; all of them carry its arguments. */
  #killAgent({ signal }: { signal: NodeJS.Signals }): boolean {
    const pids = processesMarked(this.#task.mark).filter((pid) => commandLine(pid).includes('stream-json'))
    const victim = pids[this.#task.plan.seed % Math.max(1, pids.length)]
    if (victim === undefined) return false
    try {
      return process.kill(Number(victim), signal)
    } catch {
      return false
    }
  }

  #take(line: string): void {
    // A kill may cut the last line; what is cut was not acknowledged to anybody.
    if (!line.endsWith('}')) return
    const report = JSON.parse(line) as LifeReport
    this.reports.push({ atMs: performance.now(), report })
    this.#onReport(this.reports.length)
    if (report.kind === 'at_write') void this.#killAtWrite()
  }

  async #killAtWrite(): Promise<void> {
    const { kill } = this.#task.plan
    if (kill?.victim === 'database') await this.#watch.killDatabase?.()
    // An agent that has not begun, or has ended, is no victim.
    if (kill?.victim !== 'agent' || this.#killAgent(kill)) this.killedAtMs = performance.now()
    this.child.stdin!.write('\n')
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
