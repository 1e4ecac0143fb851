import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { childrenOf } from '../../src/sandboxes/local/process-table.ts'

// All of this is Linux: other systems do not tell.

const ticksPerSecond = 100

/** CPU that ended processes under this one have used, all their own descendants included. */
export function cpuOfEndedChildrenMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / ticksPerSecond
}

/** Waits until this process has no more children than so many. */
export async function waitForChildren(atMost: number): Promise<void> {
  const deadline = performance.now() + 10_000
  while (childrenOf(process.pid).length > atMost) {
    if (performance.now() > deadline) throw new Error('an agent did not end')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const childPids = (): readonly number[] => childrenOf(process.pid)

/** A process and everything under it. */
function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)]
}

export interface Memory {
  readonly rssMb: number
  /** Pages that several processes share are divided between them. */
  readonly pssMb: number
}

/** What everything below this process holds, `except` and what is below it left out. */
export async function memoryOfDescendants(except: ReadonlySet<number> = new Set()): Promise<Memory> {
  const pids = childrenOf(process.pid)
    .filter((pid) => !except.has(pid))
    .flatMap(treeOf)
  const each = await Promise.all(pids.map(memoryOf))
  return {
    rssMb: each.reduce((sum, { rssMb }) => sum + rssMb, 0),
    pssMb: each.reduce((sum, { pssMb }) => sum + pssMb, 0),
  }
}

/** What one process holds. */
export async function memoryOf(pid: number): Promise<Memory> {
  // One that has just ended holds nothing.
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024
  return { rssMb: megabytes('Rss'), pssMb: megabytes('Pss') }
}
