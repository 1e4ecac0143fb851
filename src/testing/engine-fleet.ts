import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EngineRun, RunEngine } from '../ports/run-engine.ts'
import type { EngineNodeTask, JournalEntry } from './engine-node.ts'

/** How a contract comes to engines: several processes may open the same place. */
export interface EngineUnderTest {
  readonly name: string
  /** An empty place, and how to get rid of it. */
  readonly place: () => Promise<{ readonly place: string; readonly remove: () => Promise<void> }>
  /** Address of a module that exports `openEngine(place: string): Promise<RunEngine>`. */
  readonly module: string
  /** Takes the work of a process away that hangs; without it, a frozen process keeps its work. */
  readonly takesFromFrozen: boolean
  /** Ends and starts the server that the engine needs, if any. */
  readonly restartServer?: () => Promise<void>
}

interface NodeOptions extends Omit<EngineNodeTask, 'module' | 'place' | 'journal'> {
  readonly drainMs?: number
  /** Another way to the same place. */
  readonly at?: string
}

const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './engine-node.ts' : './engine-node.js', import.meta.url),
)
const longestWaitMs = 120_000

/** Nodes of one engine in processes of their own, an engine of this process that submits, and what the nodes wrote down. */
export class EngineFleet {
  readonly engine: RunEngine
  readonly #under: EngineUnderTest
  readonly #place: string
  readonly #folder: string
  readonly #processes: ChildProcess[] = []

  private constructor(under: EngineUnderTest, opened: { engine: RunEngine; place: string }) {
    this.#under = under
    this.engine = opened.engine
    this.#place = opened.place
    this.#folder = mkdtempSync(join(tmpdir(), 'perdure-engine-'))
  }

  /** Lends a fleet to the work, and ends it afterwards. */
  static async using(under: EngineUnderTest, work: (fleet: EngineFleet) => Promise<void>): Promise<void> {
    const { place, remove } = await under.place()
    const { openEngine } = (await import(under.module)) as { openEngine: (place: string) => Promise<RunEngine> }
    const fleet = new EngineFleet(under, { engine: await openEngine(place), place })
    try {
      await work(fleet)
    } finally {
      await fleet.#close()
      await remove()
    }
  }

  /** A node that has joined. */
  async node({ drainMs = 0, at = this.#place, ...capacity }: NodeOptions): Promise<ChildProcess> {
    const task: EngineNodeTask = {
      module: this.#under.module,
      place: at,
      journal: join(this.#folder, 'journal'),
      ...capacity,
    }
    const child = spawn(process.execPath, [program, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DRAIN_MS: String(drainMs) },
    })
    this.#processes.push(child)
    const lines = createInterface({ input: child.stdout })
    const [first] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[]
    if (first !== 'ready') throw new Error(`a node ended before it had joined: ${String(first)}`)
    return child
  }

  nodes(count: number, options: NodeOptions): Promise<ChildProcess[]> {
    return Promise.all(Array.from({ length: count }, () => this.node(options)))
  }

  async submit(
    id: string,
    options: { ms?: number; tenant?: string; priority?: number; startAt?: Date; kind?: string } = {},
  ) {
    const { ms = 0, tenant = 'a', kind = 'work', ...rest } = options
    await this.engine.submit(kind, { ms }, { id, tenant, ...rest })
  }

  /** What all nodes wrote down, in its order. */
  journal(what?: JournalEntry['what']): JournalEntry[] {
    let text: string
    try {
      text = readFileSync(join(this.#folder, 'journal'), 'utf8')
    } catch {
      return []
    }
    // A node that was killed may leave half a line.
    const lines = text.split('\n').slice(0, -1)
    const entries = lines.map((line) => JSON.parse(line) as JournalEntry)
    return what === undefined ? entries : entries.filter((entry) => entry.what === what)
  }

  /** Resolves once it holds; throws when it takes so long that it never will. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const startedAt = performance.now()
    while (!(await holds())) {
      if (performance.now() - startedAt > longestWaitMs) throw new Error(`still waiting until ${what}`)
      await delay(25)
    }
  }

  async ended(...ids: string[]): Promise<EngineRun[]> {
    const runs: EngineRun[] = []
    for (const id of ids) {
      await this.until(`${id} has ended`, async () => {
        const run = await this.engine.status(id).catch(() => null)
        if (run === null || run.status === 'queued' || run.status === 'running') return false
        runs.push(run)
        return true
      })
    }
    return runs
  }

  async #close(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }),
    )
    await this.engine.stop({ drainMs: 0 })
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** The most runs of each tenant that were under way at once, by the order in which nodes wrote. */
export function mostAtOnce(journal: readonly JournalEntry[]): Record<string, number> {
  const now: Record<string, number> = {}
  const most: Record<string, number> = {}
  for (const { what, tenant } of journal) {
    if (what === 'wrote') continue
    now[tenant] = (now[tenant] ?? 0) + (what === 'began' ? 1 : -1)
    most[tenant] = Math.max(most[tenant] ?? 0, now[tenant])
  }
  return most
}
