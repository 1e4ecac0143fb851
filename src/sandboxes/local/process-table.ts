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

/** Direct children of a process's main thread (Linux, which keeps a list); empty where the machine cannot say. */
export function childrenOf(pid: number): number[] {
  const listed = hasProc ? readQuietly(`/proc/${pid}/task/${pid}/children`) : null
  return (listed?.match(/\d+/g) ?? []).map(Number)
}

/** Living processes whose environment holds `marker`; empty where the machine cannot say. */
export function processesMarked(marker: string): number[] {
  if (!hasProc) return []
  return listProcesses().filter((pid) => {
    const environment = readQuietly(`/proc/${pid}/environ`)
    return environment !== null && environment.split('\0').includes(marker) && processStart(pid) !== null
  })
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
function readStat(pid: number): { state: string; start: string } | null {
  const text = readQuietly(`/proc/${pid}/stat`)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? 'X', start: fields[19] ?? '' }
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
    // In one time zone and language, whatever those of the process that asks.
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim()
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
