import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { processesMarked, processStart, sendSignal } from './process-table.ts'

/** Every process started here carries this variable, and so do its descendants. */
export const markerVariable = 'PERDURE_PROCESS'

const recordSchema = z.object({
  marker: z.string(),
  pid: z.number().int().positive(),
  start: z.string(),
  hostPid: z.number().int().positive(),
  hostStart: z.string(),
})
/** One started process on disk, for the start after a crash: who it was and who was answerable for it. */
export type ProcessRecord = z.infer<typeof recordSchema>

const folderOf = (stateDirectory: string): string => join(stateDirectory, 'processes')

export function writeProcessRecord(stateDirectory: string, record: ProcessRecord): void {
  mkdirSync(folderOf(stateDirectory), { recursive: true })
  writeFileSync(join(folderOf(stateDirectory), `${record.marker}.json`), JSON.stringify(record))
}

export function removeProcessRecord(stateDirectory: string, marker: string): void {
  rmSync(join(folderOf(stateDirectory), `${marker}.json`), { force: true })
}

/**
 * Kills what hosts that are dead left running, and forgets their records. A process is known by id and
 * start together, and its descendants by a variable of their environment, so a reused id is never hit.
 * @returns the ids of the processes that were killed.
 */
export function reapOrphans(stateDirectory: string): number[] {
  return readRecords(stateDirectory).flatMap((record) => {
    if (processStart(record.hostPid) === record.hostStart) return []
    const killed = killRecorded(record)
    removeProcessRecord(stateDirectory, record.marker)
    return killed
  })
}

/** Kills the process, its group, and all that carries its mark. Returns the ids that were alive. */
export function killRecorded(record: Pick<ProcessRecord, 'pid' | 'start' | 'marker'>): number[] {
  const killed = new Set<number>()
  if (processStart(record.pid) === record.start) {
    if (sendSignal(-record.pid, 'SIGKILL') || sendSignal(record.pid, 'SIGKILL')) killed.add(record.pid)
  }
  // Twice: what forked while the first round ran carries the mark too.
  for (let round = 0; round < 2; round++) {
    for (const pid of processesMarked(`${markerVariable}=${record.marker}`)) {
      if (sendSignal(pid, 'SIGKILL')) killed.add(pid)
    }
  }
  return [...killed]
}

function readRecords(stateDirectory: string): ProcessRecord[] {
  let names: string[]
  try {
    names = readdirSync(folderOf(stateDirectory)).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const path = join(folderOf(stateDirectory), name)
    try {
      return [recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')))]
    } catch {
      // Cut by the crash that it was to help with: the process it meant is not known any more.
      rmSync(path, { force: true })
      return []
    }
  })
}
