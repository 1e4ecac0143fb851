// `GET /api/agent?prompt=…` as a Next.js route handler: Server-Sent Events from a run.
import { isPreview, runAgent, type SessionStreamEvent } from 'perdure'

export const runtime = 'nodejs' // agents are processes: not on the edge
export const dynamic = 'force-dynamic'

/** Previews have no id: a reader that comes back gets the finished message instead. */
const frame = (event: SessionStreamEvent): string =>
  `${isPreview(event) ? '' : `id: ${event.sequence}\n`}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

export function GET(request: Request): Response {
  const prompt = new URL(request.url).searchParams.get('prompt')
  if (prompt === null) return new Response('There is no prompt.', { status: 400 })
  // The run ends when its reader leaves. Without `signal` it would go on, and `session.follow()` shows the rest.
  const run = runAgent({ prompt, tools: [], signal: request.signal })
  const events = run[Symbol.asyncIterator]()
  const body = new ReadableStream<string>({
    async pull(controller) {
      const { value, done } = await events.next()
      if (done === true) controller.close()
      else controller.enqueue(frame(value))
    },
    async cancel() {
      await events.return()
    },
  })
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}
