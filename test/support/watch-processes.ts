import { readdirSync, readFileSync } from 'node:fs'

const everyMs = 2

/** Command lines of all processes that were seen below this one while `work` went on. */
export async function processesWatched<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; commands: string[] }> {
  const before = new Set(descendants(process.pid))
  const seen = new Map<number, string>()
  const look = (): void => {
    for (const id of descendants(process.pid)) {
      const command = commandOf(id)
      // Between fork and exec a process has its parent's words, or none.
      if (!before.has(id) && command !== '') seen.set(id, command)
    }
  }
  const timer = setInterval(look, everyMs)
  try {
    return { result: await work(), commands: [...new Set(seen.values())] }
  } finally {
    clearInterval(timer)
  }
}

function descendants(id: number): number[] {
  const children = childrenOf(id)
  return [...children, ...children.flatMap(descendants)]
}

const childrenOf = (id: number): number[] => {
  try {
    return readdirSync(`/proc/${id}/task`).flatMap((task) =>
      readFileSync(`/proc/${id}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

const commandOf = (id: number): string => {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}
