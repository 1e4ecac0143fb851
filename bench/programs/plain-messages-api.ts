// The quickest thing that answers like the Messages API: it reads only how to answer, and sends fixed bytes back.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { say } from '../support/program.ts'

/** How many events a stream has, and how far apart they are. */
export const pacedEvents = 500
export const paceMs = 5

/** Stands in the text of a request whose answer is to come at a model's pace. */
export const pacedMark = 'at your own pace'

if (import.meta.main) await serve()

async function serve(): Promise<void> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    let asked = ''
    request.setEncoding('latin1')
    request.on('data', (chunk: string) => (asked += chunk))
    request.once('end', () => {
      if (!/"stream": ?true/.test(asked)) answerAtOnce(response)
      else if (asked.includes(pacedMark)) void playPaced(response)
      else playAtOnce(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.once('disconnect', () => server.close().closeAllConnections())
  say(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const usage = { input_tokens: 20, output_tokens: 8, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
const message = {
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  stop_sequence: null,
  usage,
}
let answers = 0
/** Each answer has an id of its own: one that was seen before would be paid for only once. */
const smallAnswer = (number: number): string =>
  `{"id":"msg_bench_${number}",${JSON.stringify({ ...message, id: undefined, content: [{ type: 'text', text: 'Yes.' }], stop_reason: 'end_turn' }).slice(1)}`

const wireEvent = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const start = (): string =>
  wireEvent('message_start', { message: { ...message, id: `msg_bench_${++answers}`, content: [], stop_reason: null } })
const first = [wireEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })]
const delta = wireEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a few words more ' } })
const last = [
  wireEvent('content_block_stop', { index: 0 }),
  wireEvent('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
  wireEvent('message_stop', {}),
]
const wholeStream = [
  ...first,
  ...Array.from({ length: pacedEvents - 1 - first.length - last.length }, () => delta),
  ...last,
]

function answerAtOnce(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(smallAnswer(++answers))
}

function playAtOnce(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of [start(), ...first, delta, ...last]) response.write(event)
  response.end()
}

/** Each event at its own time after the first, so that a late one delays no other. */
async function playPaced(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const startedAt = performance.now()
  for (const [index, event] of [start(), ...wholeStream].entries()) {
    const dueInMs = startedAt + index * paceMs - performance.now()
    if (dueInMs > 0) await new Promise((resolve) => setTimeout(resolve, dueInMs))
    response.write(event)
  }
  response.end()
}
