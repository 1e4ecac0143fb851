import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { startScriptedMessagesApi } from '../../src/testing/index.ts'

type Rules = Parameters<typeof startScriptedMessagesApi>[0]

/** A Messages API that a script plays, and that lets in who shows one of these keys, as a key or as a token. */
export async function startGuardedService(accepted: () => readonly string[], rules: Rules) {
  const api = await startScriptedMessagesApi(rules)
  const shown: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming
    const key = String(headers['x-api-key'] ?? headers.authorization?.replace('Bearer ', ''))
    shown.push(key)
    if (!accepted().includes(key)) return void incoming.resume().on('end', () => outgoing.writeHead(401).end('{}'))
    incoming.pipe(
      httpRequest(new URL(url, api.url), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await api.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, shown }
}
