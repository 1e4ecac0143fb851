import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What the machine says of its processes: /proc on Linux, `ps` elsewhere. */
const hasProc = process.platform === 'linux'

/** Start of a process in the machine's own terms, which tells a reused id apart; null when it is gone or a zombie. */
export function processStart(pid: number): string | null {
  if (!hasProc) return startByPs(pid)
  const stat = readStat(pid)
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat.start
}

/** Direct children of a process, zombies left out; empty where the machine cannot say. */
export function childrenOf(pid: number): number[] {
  if (!hasProc) return []
  return listProcesses().filter((candidate) => {
    const stat = readStat(candidate)
    return stat !== null && stat.parent === pid && stat.state !== 'Z'
  })
}

/** Living processes whose environment holds `marker`; empty where the machine cannot say. */
export function processesMarked(marker: string): number[] {
  if (!hasProc) return []
  return listProcesses().filter((pid) => {
    const environment = readQuietly(`/proc/${pid}/environ`)
    return environment !== null && environment.split('\0').includes(marker) && processStart(pid) !== null
  })
}

/** Whether a process has a handler of its own for a signal (Linux); true where the machine cannot say. */
export function handlesSignal(pid: number, signalNumber: number): boolean {
  const status = hasProc ? readQuietly(`/proc/${pid}/status`) : null
  const caught = status?.match(/^SigCgt:\s*([0-9a-f]+)$/m)?.[1]
  if (caught === undefined) return true
  return ((BigInt(`0x${caught}`) >> BigInt(signalNumber - 1)) & 1n) === 1n
}

/** Sends a signal; false when there is nobody to get it. A negative id names a process group. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function listProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The name in parentheses may hold anything, so the fields are counted from its last parenthesis. */
function readStat(pid: number): { state: string; parent: number; start: string } | null {
  const text = readQuietly(`/proc/${pid}/stat`)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? 'X', parent: Number(fields[1]), start: fields[19] ?? '' }
}

function readQuietly(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function startByPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
