import type { RedisServer } from './redis-server.ts'

/** Settings of the server under which what was acknowledged may be lost, or removed; and those that it does not tell. */
export async function durabilityCaveats(server: RedisServer): Promise<string[]> {
  const settings = await readSettings(server)
  const appendOnly = settings.get('appendonly')
  const policy = settings.get('maxmemory-policy')
  const caveats: string[] = []
  if (appendOnly === 'no') caveats.push('appendonly is off: a restart loses sessions')
  else if (appendOnly === undefined) caveats.push('appendonly is unknown')
  else if (settings.get('appendfsync') !== 'always') {
    const fsync = settings.get('appendfsync')
    caveats.push(
      fsync === undefined ? 'appendfsync is unknown' : `appendfsync is ${fsync}: a crash loses the last of it`,
    )
  }
  if (policy !== undefined && policy !== 'noeviction')
    caveats.push(`maxmemory-policy is ${policy}: sessions may be evicted`)
  return caveats
}

async function readSettings(server: RedisServer): Promise<Map<string, string>> {
  const settings = new Map<string, string>()
  const names = ['appendonly', 'appendfsync', 'maxmemory-policy']
  // Where the command is not allowed, two of them stand in the report that everybody may read.
  const told = await server
    .command(['CONFIG', 'GET', ...names])
    .catch(() => server.command(['CONFIG', 'GET', 'append*']))
    .catch(() => undefined)
  for (const [name, value] of pairsOf(told)) settings.set(name, value)
  if (settings.size > 0) return settings
  const report = String(await server.command(['INFO', 'everything']).catch(() => ''))
  const enabled = /^aof_enabled:(\d)/m.exec(report)?.[1]
  if (enabled !== undefined) settings.set('appendonly', enabled === '1' ? 'yes' : 'no')
  const policy = /^maxmemory_policy:(\S+)/m.exec(report)?.[1]
  if (policy !== undefined) settings.set('maxmemory-policy', policy)
  return settings
}

/** A map of the server, as the packages and versions of its protocol give it. */
function pairsOf(reply: unknown): [string, string][] {
  if (reply instanceof Map) return [...reply].map(([name, value]) => [String(name), String(value)])
  if (Array.isArray(reply)) {
    return Array.from({ length: reply.length / 2 }, (_, index) => [
      String(reply[2 * index]),
      String(reply[2 * index + 1]),
    ])
  }
  return Object.entries(reply ?? {}).map(([name, value]) => [name, String(value)])
}
