// A node of an engine in a process of its own, which the contract may kill. Its argument is a {@link EngineNodeTask}.
import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { PerdureError } from '../errors/perdure-error.ts'
import type { Json, RunContext, RunEngine } from '../ports/run-engine.ts'

export interface EngineNodeTask {
  /** A module that exports `openEngine(place)`. */
  readonly module: string
  readonly place: string
  /** The file to which it writes what it does, one {@link JournalEntry} a line. */
  readonly journal: string
  readonly slots: number
  readonly perTenant: number
  readonly hungAfterMs?: number
  readonly ratePerTenant?: { readonly count: number; readonly periodMs: number }
}

export interface JournalEntry {
  readonly what: 'began' | 'ended' | 'aborted' | 'wrote'
  readonly id: string
  readonly tenant: string
  readonly attempt: number
  readonly processId: number
  readonly atMs: number
  /** Code of the signal’s reason. */
  readonly reason?: string
}

const task = JSON.parse(process.argv[2]!) as EngineNodeTask
const { openEngine } = (await import(task.module)) as { openEngine: (place: string) => Promise<RunEngine> }
const engine = await openEngine(task.place)

function write(what: JournalEntry['what'], { id, tenant, attempt }: RunContext, reason?: string): void {
  const entry = { what, id, tenant, attempt, processId: process.pid, atMs: Date.now(), reason } satisfies Partial<
    Record<keyof JournalEntry, unknown>
  >
  appendFileSync(task.journal, `${JSON.stringify(entry)}\n`)
}

/** Works for so long, or until nobody wants it; says what it does. */
async function work(input: Json, context: RunContext): Promise<Json> {
  const { ms = 0 } = input as { ms?: number }
  write('began', context)
  try {
    await delay(ms, undefined, { signal: context.signal })
  } catch {
    write('aborted', context, PerdureError.from(context.signal.reason).code)
    throw context.signal.reason
  }
  write('ended', context)
  return { attempt: context.attempt }
}

/** Writes all the time, until its signal says that it may no more. */
async function scribble(_input: Json, context: RunContext): Promise<Json> {
  write('began', context)
  while (!context.signal.aborted) {
    write('wrote', context)
    await delay(20, undefined, { signal: context.signal }).catch(() => {})
  }
  write('aborted', context, PerdureError.from(context.signal.reason).code)
  throw context.signal.reason
}

process.on('SIGTERM', () => {
  void engine.stop({ drainMs: Number(process.env['DRAIN_MS'] ?? 0) }).then(() => process.exit(0))
})

const { module: _module, place: _place, journal: _journal, ...capacity } = task
const onTrouble = (error: PerdureError): void =>
  void process.stderr.write(`${process.pid} ${error.code}: ${error.message}\n`)
await engine.start({ work, scribble }, { ...capacity, onTrouble })
process.stdout.write('ready\n')
