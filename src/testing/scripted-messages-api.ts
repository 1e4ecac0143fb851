import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { forwardExchange } from '../gateway/forward-exchange.ts'
import type { Script, ScriptRule } from '../gateway/upstreams/script/script.ts'
import { scriptedModel, type ScriptedRequest } from './scripted-model.ts'

export interface ScriptedMessagesApi {
  /** For `ANTHROPIC_BASE_URL` or a client's `baseURL`; any key is accepted. */
  readonly url: string
  readonly requests: readonly ScriptedRequest[]
  close(): Promise<void>
}

/**
 * A Messages API on loopback that a script plays, for code that talks to the API itself: the bare Agent
 * SDK, `@anthropic-ai/sdk`.
 * @throws {PerdureError} `script_invalid`.
 */
export async function startScriptedMessagesApi(source: Script | readonly ScriptRule[]): Promise<ScriptedMessagesApi> {
  const upstream = scriptedModel(source)
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    forwardExchange({ incoming, outgoing, path, upstream, observer: () => undefined }).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: upstream.requests,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
