import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'

/** How many agents this machine can hold, and whether there is room for one more now. */
export interface MachineRoom {
  /** By its cores and memory, limits of its containers included. */
  readonly slots: number
  /** Always for the first agent: a machine too small for one still does one. */
  hasRoom(): boolean
  /** Counts an agent that begins; call what it returns at its end. */
  use(): () => void
}

/** An agent with its tools: 200 to 280 MB were measured, and what it starts comes on top. */
const agentBytes = 400 * 2 ** 20
/** It waits for the model most of the time. */
const agentCores = 0.5
/** Until then an agent has not taken the memory that it will take. */
const growsMs = 10_000

export interface MachineRoomOptions {
  /** Where the kernel shows control groups. */
  readonly controlGroups?: string
  /** The group of this process in there. */
  readonly ownGroup?: string
}

export function machineRoom({ controlGroups = '/sys/fs/cgroup', ownGroup }: MachineRoomOptions = {}): MachineRoom {
  const groups = groupsUpwards(controlGroups, ownGroup ?? ownControlGroup())
  const cores = Math.min(availableParallelism(), ...groups.map(coresOf))
  const bytes = Math.min(totalmem(), ...groups.map(memoryLimitOf))
  const begun = new Set<{ readonly atMs: number }>()
  return {
    slots: Math.max(1, Math.min(Math.floor(cores / agentCores), Math.floor(bytes / agentBytes))),
    hasRoom() {
      if (begun.size === 0) return true
      const free = Math.min(freemem(), ...groups.map((group) => memoryLimitOf(group) - memoryUsedBy(group)))
      const young = [...begun].filter(({ atMs }) => performance.now() - atMs < growsMs).length
      return free >= agentBytes * (young + 1)
    },
    use() {
      const agent = { atMs: performance.now() }
      begun.add(agent)
      return () => void begun.delete(agent)
    },
  }
}

/** cgroups(7): a limit of any group above holds as well. */
function groupsUpwards(root: string, own: string): string[] {
  const groups: string[] = []
  for (let group = join('/', own); ; group = dirname(group)) {
    groups.push(join(root, group))
    if (group === '/') return groups
  }
}

function ownControlGroup(): string {
  const line = read('/proc/self/cgroup')
    .split('\n')
    .find((entry) => entry.startsWith('0::'))
  return line?.slice('0::'.length) ?? '/'
}

/** `<quota> <period>` in microseconds; `max` is no limit. */
function coresOf(group: string): number {
  const [quota, period] = read(join(group, 'cpu.max')).split(' ').map(Number)
  return quota! > 0 && period! > 0 ? quota! / period! : Number.POSITIVE_INFINITY
}

const memoryLimitOf = (group: string): number =>
  Number.parseInt(read(join(group, 'memory.max')), 10) || Number.POSITIVE_INFINITY

/** Without the cache of files, which the kernel gives back. */
function memoryUsedBy(group: string): number {
  const used = Number.parseInt(read(join(group, 'memory.current')), 10) || 0
  const cached = /^inactive_file (\d+)$/m.exec(read(join(group, 'memory.stat')))?.[1]
  return Math.max(0, used - Number(cached ?? 0))
}

/** Empty where there is no such file: another system, or no such limit. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
