import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ProcessReport, ProcessTask } from './store-process.ts'

export interface StoreProcess {
  readonly child: ChildProcess
  /** Everything told so far. */
  readonly reports: ProcessReport[]
  readonly stderr: string[]
  /** Resolves at the first report of the kind. @throws when the process ends without one. */
  saw(kind: ProcessReport['kind']): Promise<ProcessReport>
  /** Resolves when the process has ended and all it told is read. */
  readonly ended: Promise<void>
}

const script = fileURLToPath(new URL('./store-process.ts', import.meta.url))

export function startProcess(task: ProcessTask): StoreProcess {
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] })
  const reports: ProcessReport[] = []
  const stderr: string[] = []
  child.stderr.on('data', (chunk) => stderr.push(String(chunk)))
  const lines = createInterface({ input: child.stdout })
  // A kill may cut the last line; what is cut was not acknowledged to anybody.
  lines.on('line', (line) => line.endsWith('}') && reports.push(JSON.parse(line) as ProcessReport))
  const ended = Promise.all([once(child, 'close'), once(lines, 'close')]).then(() => {})
  const saw = async (kind: ProcessReport['kind']): Promise<ProcessReport> => {
    for (;;) {
      const found = reports.find((report) => report.kind === kind)
      if (found) return found
      const more = await Promise.race([once(lines, 'line').then(() => true), ended.then(() => false)])
      if (!more && !reports.some((report) => report.kind === kind)) {
        throw new Error(`the process ended without "${kind}": ${stderr.join('')}`)
      }
    }
  }
  return { child, reports, stderr, saw, ended }
}

/** A small generator of random numbers in [0, 1) that repeats itself for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
