import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Process ids on this machine, zombies left out, whose command line or environment holds the mark. Linux only. */
export function processesMarked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const place = join('/proc', pid)
        const isZombie = readFileSync(join(place, 'stat'), 'utf8').includes(') Z ')
        const text = readFileSync(join(place, 'cmdline'), 'utf8') + readFileSync(join(place, 'environ'), 'utf8')
        return !isZombie && text.includes(mark)
      } catch {
        return false
      }
    })
}

/** Waits up to five seconds, which is more than any of them takes to die, and then insists. */
export async function waitUntilNoneIsMarked(mark: string): Promise<void> {
  for (let attempt = 0; attempt < 50 && processesMarked(mark).length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.deepEqual(processesMarked(mark), [], 'processes were left')
}
