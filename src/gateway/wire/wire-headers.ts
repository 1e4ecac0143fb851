import type { IncomingHttpHeaders } from 'node:http'

// RFC 9110, 7.6.1: headers of one connection only.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

// What identifies the agent at the gateway, and what the next hop must set for itself.
const agentOnly = new Set([
  'authorization',
  'x-api-key',
  'cookie',
  'host',
  'content-length',
  'expect',
  'accept-encoding',
])

/** Headers for the upstream: without the connection's own and without the agent's credentials. */
export const headersForUpstream = (headers: IncomingHttpHeaders): Record<string, string> =>
  pick(headers, (name) => !agentOnly.has(name))

/** Headers for the agent: without those of the upstream's connection. */
export const headersForAgent = (headers: IncomingHttpHeaders): Record<string, string> => pick(headers, () => true)

function pick(headers: IncomingHttpHeaders, wanted: (name: string) => boolean): Record<string, string> {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/))
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || named.has(name) || !wanted(name)) continue
    picked[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return picked
}
