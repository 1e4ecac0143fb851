// Server-Sent Events without a framework. `node examples/stream-to-browser.ts serve`, then
// `curl -N 'http://127.0.0.1:3000/?prompt=hello'`. Who lost the line comes back with the session and the last id he saw.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isPreview, MemoryStorage, openSession, runAgent, type SessionStreamEvent } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : scriptedModel([{ reply: 'You said: {{prompt}}' }])
const storage = new MemoryStorage() // leave this out, and sessions are kept

/** Live text has no id: who comes back gets the finished message instead. */
const frame = (event: SessionStreamEvent): string =>
  `${isPreview(event) ? '' : `id: ${event.sequence}\n`}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

function eventsFor(request: IncomingMessage, signal: AbortSignal) {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams
  const known = query.get('session')
  if (known !== null) return follow(known, Number(request.headers['last-event-id'] ?? 0), signal)
  // Not given the signal: the run goes on when its reader leaves, and the log keeps what he missed.
  return runAgent({ prompt: query.get('prompt') ?? 'Hello', tools: [], storage, upstream, timeoutMs: 120_000 })
}

async function* follow(session: string, after: number, signal: AbortSignal) {
  yield* (await openSession(session, { storage })).follow({ after, signal })
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const events = eventsFor(request, gone.signal)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  if ('sessionId' in events) response.write(`event: session\ndata: ${events.sessionId}\n\n`)
  for await (const event of events) {
    if (!response.write(frame(event))) await once(response, 'drain', { signal: gone.signal })
    if (gone.signal.aborted) return
  }
  response.end()
}

const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
server.listen(process.argv[2] === 'serve' ? 3000 : 0, '127.0.0.1')
await once(server, 'listening')

if (process.argv[2] !== 'serve') {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const whole = await (await fetch(`${url}?prompt=good+morning`)).text()
  const ids = [...whole.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  const session = /^data: (sesn_\w+)$/m.exec(whole)![1]!
  const again = await fetch(`${url}?session=${session}`, { headers: { 'last-event-id': String(ids.at(-2)) } })
  const { value } = await again.body!.pipeThrough(new TextDecoderStream()).getReader().read()
  assert.match(value!, new RegExp(`^id: ${ids.at(-1)}\n`))
  console.log(
    `${ids.length} events, ${whole.split('event: event_delta').length - 1} pieces of live text; one event again`,
  )
  server.close()
  server.closeAllConnections()
}
