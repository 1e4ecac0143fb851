import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { newRunId } from '../../src/domain/ids.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { guardedUpstream, trafficOf } from '../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import { defaultRetryPolicies } from '../../src/ports/retry-policy.ts'
import { answerHead, bodyChunk, bodyEnd, startHostileService, type Behaviour } from './hostile-service.ts'
import { modelRequest, readAll, send } from './support.ts'

const apiKey = 'a-key-that-looks-like-nothing-4711'

/** One request of an agent to such a service, tried twice, in a gateway with little patience. */
async function ask(behave: Behaviour) {
  const service = await startHostileService(behave)
  const upstream = guardedUpstream(createAnthropicUpstream({ credentials: { apiKey }, baseUrl: service.url }), {
    stall: { streamStartTimeoutMs: 400, idleTimeoutMs: 300 },
  })
  const gateway = createModelGateway({ defaultUpstream: upstream })
  onTestFinished(() => gateway.close())
  const seen: ModelObservation[] = []
  const policy = { ...defaultRetryPolicies.modelRequest, maxAttempts: 2, initialDelayMs: 10 }
  const run = await gateway.openRun({
    runId: newRunId(),
    observe: (observation) => seen.push(observation),
    retry: { policy, hasFallbackModel: false },
  })
  const headers = { authorization: `Bearer ${run.token}` }
  const answer = await send(`${run.baseUrl}/v1/messages`, { headers, body: modelRequest })
  const text = (await readAll(answer)).toString()
  return { answer, text, seen, end: seen.filter(({ type }) => type === 'end'), requests: service.requests(), upstream }
}

const event = (data: { readonly type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const message = { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 1 } } }
const wholeStream = [message, { type: 'message_stop' }].map(event).join('')
const overloaded = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } as never)
const stream = { 'content-type': 'text/event-stream' }

describe('a service that repeats the key it was shown', () => {
  test.each(['400 Bad', '401 No', '403 No', '429 Slow', '500 Oh', '529 Busy'])(
    'in an answer with %s tells it neither the agent nor the records',
    async (status) => {
      const { answer, text, seen } = await ask((socket, { head }) => {
        const shown = /^x-api-key: (.+)$/im.exec(head)![1]!
        const body = JSON.stringify({ type: 'error', error: { type: 'api_error', message: `No such key: ${shown}` } })
        const length = String(body.length)
        socket.write(`HTTP/1.1 ${status}\r\nx-seen: ${shown}\r\ncontent-length: ${length}\r\n\r\n${body}`)
      })
      expect(answer.statusCode).toBe(Number(status.slice(0, 3)))
      expect(JSON.parse(text)).toMatchObject({ error: { message: 'No such key: [redacted:credential]' } })
      expect(JSON.stringify([answer.headers, answer.rawHeaders, seen])).not.toContain(apiKey)
    },
  )

  test('in the head of a stream or in a redirect does neither', async () => {
    const streamed = await ask((socket) =>
      socket.write(answerHead('200 OK', { ...stream, 'x-seen': apiKey }) + bodyChunk(wholeStream) + bodyEnd),
    )
    expect(streamed.text).toBe(wholeStream)
    expect(streamed.answer.headers['x-seen']).toBe('[redacted:credential]')
    const redirected = await ask((socket) =>
      socket.write(answerHead('302 Found', { location: `/login/${apiKey}` }) + bodyEnd),
    )
    expect(redirected.answer.statusCode).toBe(400)
    expect(redirected.text + JSON.stringify(redirected.seen)).not.toContain(apiKey)
  })
})

describe('a service that cannot end', () => {
  test.each(['400 Bad', '429 Slow', '500 Oh'])('an error with %s is given up', async (status) => {
    const { answer, text } = await ask((socket) => {
      socket.write(answerHead(status))
      const timer = setInterval(() => socket.write(bodyChunk('x')), 50)
      socket.once('close', () => clearInterval(timer))
    }).catch(() => ({ answer: undefined, text: '' }))
    // Where its head has gone to the agent already, the connection is cut.
    expect([undefined, 504, 502]).toContain(answer?.statusCode)
    expect(text).not.toContain('xxx')
  })

  test('an error of many megabytes is read to a point', async () => {
    let written = 0
    const { text } = await ask((socket) => {
      socket.write(answerHead('500 Oh'))
      const piece = bodyChunk('x'.repeat(64 * 1024))
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece)) written += piece.length
      }
      socket.on('drain', more)
      more()
    })
    expect(text.length).toBeLessThan(3_000_000)
    expect(written).toBeLessThan(100_000_000)
  })
})

test.each(['000 Odd', '099 Odd'])('an answer with status %s takes up no room for ever', async (status) => {
  const { answer, end, upstream } = await ask((socket) => socket.write(answerHead(status) + bodyChunk('hi') + bodyEnd))
  expect(answer.statusCode).toBe(502)
  expect(end).toHaveLength(1)
  await vi.waitFor(() => expect(trafficOf(upstream)?.inFlight).toBe(0))
})

test.each<Record<string, string>>([
  {},
  { 'content-type': 'application/octet-stream' },
  { 'content-type': 'Text/Event-Stream; charset=UTF-8' },
])('a stream is a stream also with the head %j', async (headers) => {
  const { text, seen, end } = await ask((socket) =>
    socket.write(answerHead('200 OK', headers) + bodyChunk(wholeStream) + bodyEnd),
  )
  expect(text).toBe(wholeStream)
  expect(seen.map(({ type }) => type)).toEqual(['request', 'response', 'message_start', 'end'])
  expect(end).toMatchObject([{ how: 'complete' }])
})

test('an error that comes with a 200 is one', async () => {
  const { text, requests } = await ask((socket, { number }) => {
    const body = number === 1 ? overloaded.slice(overloaded.indexOf('{')).trim() : wholeStream
    const headers = number === 1 ? { 'content-type': 'application/json' } : stream
    socket.write(answerHead('200 OK', headers) + bodyChunk(body) + bodyEnd)
  })
  expect([text, requests]).toEqual([wholeStream, 2])
})

test('a stream that begins with an error is asked for again, wherever its bytes are parted', async () => {
  for (const parted of [3, 12, 13, 20, overloaded.length - 1]) {
    const { text, requests } = await ask((socket, { number }) => {
      if (number > 1) return socket.write(answerHead('200 OK', stream) + bodyChunk(wholeStream) + bodyEnd)
      socket.setNoDelay(true).write(answerHead('200 OK', stream) + bodyChunk(overloaded.slice(0, parted)))
      return setTimeout(() => socket.write(bodyChunk(overloaded.slice(parted)) + bodyEnd), 20)
    })
    expect(text).toBe(wholeStream)
    expect(requests).toBe(2)
  }
})

test('a proxy that lets nobody through leaves no connection open', async () => {
  const proxy = await startHostileService((socket) => socket.write('HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n'))
  const environment = { HTTPS_PROXY: proxy.url }
  const upstream = createAnthropicUpstream({ credentials: { apiKey }, baseUrl: 'https://model.invalid', environment })
  const request = { method: 'POST', path: '/v1/messages', headers: {}, body: Buffer.from(modelRequest) }
  const asked = upstream.handle({ ...request, signal: new AbortController().signal })
  await expect(asked).rejects.toMatchObject({ code: 'connection_failed' })
  await vi.waitFor(() => expect(proxy.sockets.size).toBe(0))
})

test('who hangs up while a proxy says nothing waits no longer', async () => {
  const proxy = await startHostileService(() => {})
  const environment = { HTTPS_PROXY: proxy.url }
  const upstream = createAnthropicUpstream({ credentials: { apiKey }, baseUrl: 'https://model.invalid', environment })
  const agent = new AbortController()
  const request = { method: 'POST', path: '/v1/messages', headers: {}, body: Buffer.from(modelRequest) }
  const asked = upstream.handle({ ...request, signal: agent.signal })
  await vi.waitFor(() => expect(proxy.requests()).toBe(1))
  agent.abort()
  await expect(asked).rejects.toMatchObject({ code: 'connection_failed' })
})

test('a proxy that repeats its login tells it to nobody', async () => {
  const proxy = await startHostileService((socket, { head }) =>
    socket.write(answerHead('502 Bad') + bodyChunk(head) + bodyEnd),
  )
  const upstream = createAnthropicUpstream({
    credentials: { apiKey },
    baseUrl: 'http://model.invalid',
    allowInsecure: true,
    environment: { HTTP_PROXY: proxy.url.replace('//', '//perdure:a%20proxy-password@') },
  })
  const gateway = createModelGateway({ defaultUpstream: upstream })
  onTestFinished(() => gateway.close())
  const run = await gateway.openRun({ runId: newRunId(), observe: () => {} })
  const headers = { authorization: `Bearer ${run.token}` }
  const answer = await send(`${run.baseUrl}/v1/messages`, { headers, body: modelRequest })
  const text = (await readAll(answer)).toString()
  expect(text).toMatch(/^proxy-authorization: Basic \[redacted:credential\]/im)
  for (const secret of [apiKey, 'proxy-password', btoa('perdure:a proxy-password')]) expect(text).not.toContain(secret)
})
