import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { LeaseOwner } from '../../ports/lease.ts'

/** This process as the owner of leases. */
export function ownerOfThisProcess(runId: string): LeaseOwner {
  return {
    host: hostname(),
    processId: process.pid,
    startedAt: `${machineMark()}/${startOf(process.pid) ?? 'unknown'}`,
    runId,
  }
}

/**
 * True only for an owner on this machine whose process is provably gone. An owner elsewhere, also in
 * another container or before a restart of the machine, cannot be judged from here: its lease must run out.
 */
export function isOwnerGone(owner: LeaseOwner): boolean {
  const [mark, start] = splitAtLast(owner.startedAt)
  if (owner.host !== hostname() || mark !== machineMark() || start === 'unknown') return false
  const startNow = startOf(owner.processId)
  return startNow === null ? !exists(owner.processId) : startNow !== start
}

/**
 * The same where several machines share a storage. Only Linux can tell machines apart that have the same host name;
 * elsewhere the lease of a dead owner runs out.
 */
export const isOwnerGoneOfMachines = (owner: LeaseOwner): boolean => process.platform === 'linux' && isOwnerGone(owner)

const splitAtLast = (text: string): [string, string] => {
  const slash = text.lastIndexOf('/')
  return [text.slice(0, slash), text.slice(slash + 1)]
}

let mark: string | undefined

/** Tells apart machines and containers that share a host name: the boot, and the space of process ids. */
function machineMark(): string {
  if (process.platform !== 'linux') return process.platform
  mark ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`
  return mark
}

/** When the process started, in the machine's own terms; null when it is gone or cannot be seen. */
function startOf(processId: number): string | null {
  try {
    return process.platform === 'linux' ? startTicksOf(processId) : startTimeOf(processId)
  } catch {
    return null
  }
}

/** proc(5): the fields after the command's name, which may itself hold spaces and brackets; 3 is the state, 22 the start. */
function startTicksOf(processId: number): string | null {
  const stat = readFileSync(`/proc/${processId}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return state === 'Z' || state === 'X' ? 'ended' : (fields[19] ?? null)
}

/** In one time zone and language, whatever those of the process that asks: two that compare must read the same. */
function startTimeOf(processId: number): string | null {
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
  const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(processId)], { encoding: 'utf8', env }).trim()
  return started === '' ? null : started.replaceAll(/\s+/g, ' ')
}

function exists(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
