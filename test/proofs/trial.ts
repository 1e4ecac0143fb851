import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processesMarked } from '../support/processes.ts'

/** What a trial that held tells of itself. */
export interface TrialFacts {
  /** Kills that hit; a life may end before its kill comes. */
  readonly kills: number
  /** The writes at which they came, where they came at one: `events.append`. */
  readonly boundaries?: readonly string[]
  /** Where and with what, when that differs from trial to trial. */
  readonly setting?: string
  /** Of this trial, when not all trials of the subject are alike. */
  readonly realBinary?: boolean
}

export interface TrialOptions {
  /** Leaves the trial's folder for whoever wants to look into it; a failure names it. */
  readonly keepFolder?: boolean
}

/** Gives a trial an empty folder, which is also the mark of all its processes, and clears up after it. */
export async function inTrialFolder<Result>(
  trial: (folder: string) => Promise<Result>,
  { keepFolder = false }: TrialOptions,
): Promise<Result> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'perdure-proof-')))
  try {
    return await trial(folder)
  } catch (error) {
    if (keepFolder) throw new Error(`${String(error)} [${folder}]`, { cause: error })
    throw error
  } finally {
    for (const pid of processesMarked(folder)) killQuietly(Number(pid))
    if (!keepFolder) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
