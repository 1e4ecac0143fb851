import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import Anthropic, { APIError, APIUserAbortError, PermissionDeniedError } from '@anthropic-ai/sdk'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newRunId } from '../../src/domain/ids.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { createScriptUpstream } from '../../src/gateway/upstreams/script/create-script-upstream.ts'
import type { ModelGateway, ModelUpstream } from '../../src/ports/model-gateway.ts'
import { eventStream, modelRequest, openGateway, plainUpstream, readAll, send } from './support.ts'

const gateways: ModelGateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close()
})

async function open(upstream: ModelUpstream) {
  const opened = await openGateway(upstream)
  gateways.push(opened.gateway)
  const client = new Anthropic({
    baseURL: opened.run.baseUrl,
    authToken: opened.run.token,
    apiKey: null,
    maxRetries: 0,
  })
  const authorization = `Bearer ${opened.run.token}`
  return { ...opened, client, authorization, url: `${opened.run.baseUrl}/v1/messages` }
}

const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }

describe('through the gateway, the official client', () => {
  it('streams an answer, and the observation tells the same story', async () => {
    const { client, seen, types } = await open(
      createScriptUpstream({ turns: [{ thinking: 'hm hm', text: 'Grüße aus dem Skript 🎭' }] }),
    )
    const stream = client.messages.stream(hello)
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm hm' },
      { type: 'text', text: 'Grüße aus dem Skript 🎭' },
    ])
    const text = seen.flatMap((observation) =>
      observation.type === 'block_delta' && observation.deltaType === 'text_delta' ? [observation.text] : [],
    )
    expect(text.join('')).toBe('Grüße aus dem Skript 🎭')
    expect(types().slice(0, 3)).toEqual(['request', 'response', 'message_start'])
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'complete', request: 1 })
    expect(stream.request_id).toBe(seen.find((observation) => observation.type === 'response')?.requestId)
  })

  it('gets an answer in one piece', async () => {
    const { client, seen, types } = await open(
      createScriptUpstream({ turns: [{ tools: [{ name: 'Bash', input: { a: 1 } }] }] }),
    )
    const message = await client.messages.create(hello)
    expect(message).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'Bash', input: { a: 1 } }],
    })
    expect(types()).toEqual(['request', 'response', 'message', 'end'])
    expect(seen[2]).toMatchObject({ messageId: message.id, usage: { output_tokens: message.usage.output_tokens } })
  })

  it.each([400, 401, 403, 404, 408, 409, 413, 429, 500, 529])('gets an error with status %i', async (status) => {
    const { client, seen } = await open(
      createScriptUpstream({ turns: [{ error: { status, message: 'no', retryAfterSeconds: 7, shouldRetry: false } }] }),
    )
    const failure = await client.messages
      .stream(hello)
      .finalMessage()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(APIError)
    const { headers, error } = failure as APIError
    expect(failure).toMatchObject({ status })
    expect([headers?.get('retry-after'), headers?.get('x-should-retry')]).toEqual(['7', 'false'])
    expect(error).toMatchObject({
      type: 'error',
      error: { type: expect.stringMatching(/error|too_large/) as string, message: 'no' },
    })
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'http_error', error: { message: 'no' } })
  })

  it('hangs up on the upstream when it aborts', async () => {
    let signal: AbortSignal | undefined
    const script = createScriptUpstream({ turns: [{ text: 'a b c', stallAfterEvents: 3 }] })
    const { client, seen } = await open({
      name: 'script',
      handle(request) {
        signal = request.signal
        return script.handle(request)
      },
    })
    const stream = client.messages.stream(hello)
    await stream.emitted('text')
    expect(signal?.aborted).toBe(false)
    stream.abort()
    await expect(stream.done()).rejects.toBeInstanceOf(APIUserAbortError)
    await vi.waitFor(() => expect(signal?.aborted).toBe(true))
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'client_abort' })
  })

  it('counts tokens and lists models, which is not observed', async () => {
    const { client, seen } = await open(createScriptUpstream({ turns: [] }))
    expect((await client.messages.countTokens({ model: 'm', messages: hello.messages })).input_tokens).toBeGreaterThan(
      5,
    )
    expect((await client.models.list()).data[0]?.id).toMatch(/^claude-/)
    expect(seen).toEqual([])
  })
})

describe('bytes', () => {
  it('arrive as the upstream sent them, however they are cut', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 })
    let sent: readonly Uint8Array[] = []
    const { upstream } = plainUpstream(() =>
      eventStream(
        (async function* () {
          for (const chunk of sent) {
            await nextTurn()
            yield chunk
          }
        })(),
      ),
    )
    const { url, authorization, seen } = await open(upstream)
    await fc.assert(
      fc.asyncProperty(chunks, async (list) => {
        sent = list
        const answer = await send(url, { headers: { authorization }, body: modelRequest })
        expect(await readAll(answer)).toEqual(Buffer.concat(list))
      }),
      { numRuns: 50 },
    )
    expect(seen.filter(({ type }) => type === 'end')).toHaveLength(seen.filter(({ type }) => type === 'request').length)
  })

  it('wait for a slow reader', async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x')
    const count = 200
    let pulled = 0
    const { upstream } = plainUpstream(() =>
      eventStream(
        (async function* () {
          while (pulled < count) {
            pulled++
            yield chunk
          }
        })(),
      ),
    )
    const { url, authorization } = await open(upstream)
    const warned = vi.spyOn(process, 'emitWarning')
    const answer = await send(url, { headers: { authorization }, body: modelRequest })
    answer.pause()
    // What the kernel and the streams buffer is taken; then nothing more is asked of the upstream.
    let before = -1
    await vi.waitFor(
      () => {
        const settled = before === pulled && pulled > 0
        before = pulled
        expect(settled).toBe(true)
      },
      { interval: 200, timeout: 5000 },
    )
    expect(pulled).toBeLessThan(count)
    expect((await readAll(answer)).length).toBe(count * chunk.length)
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  it('stop with the connection when the upstream breaks off', async () => {
    const { upstream } = plainUpstream(() =>
      eventStream(
        (async function* () {
          yield Buffer.from('event: ping\ndata: {"type":"ping"}\n\n')
          throw new Error('sk-secret broke')
        })(),
      ),
    )
    const { url, authorization, seen } = await open(upstream)
    const answer = await send(url, { headers: { authorization }, body: modelRequest })
    const received: Buffer[] = []
    answer.on('data', (bytes: Buffer) => received.push(bytes))
    await once(answer, 'error').catch(() => {})
    expect(Buffer.concat(received).toString()).toContain('ping')
    expect(answer.complete).toBe(false)
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'upstream_cut' })
    expect(JSON.stringify(seen)).not.toContain('sk-secret')
  })
})

describe('an upstream that cannot answer', () => {
  it('becomes a 502 that names no secret', async () => {
    const { upstream } = plainUpstream(() => Promise.reject(new Error('sk-secret')))
    const { client, seen } = await open(upstream)
    const failure = await client.messages.create(hello).catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 502, error: { error: { type: 'api_error' } } })
    expect(JSON.stringify([seen, failure])).not.toContain('sk-secret')
    expect(seen.map(({ type }) => type)).toEqual(['request', 'response', 'end'])
    expect(seen.at(-1)).toMatchObject({ how: 'upstream_cut' })
  })
})

describe('a request beyond all bounds', () => {
  it('is read to its end and refused', async () => {
    const { upstream, requests } = plainUpstream(() => Promise.reject(new Error('not asked')))
    const { url, authorization } = await open(upstream)
    const answer = await send(url, { headers: { authorization }, body: 'x'.repeat(65 * 1024 * 1024) })
    expect(answer.statusCode).toBe(413)
    expect(JSON.parse((await readAll(answer)).toString())).toMatchObject({ error: { type: 'request_too_large' } })
    expect(requests).toEqual([])
  })
})

describe('headers', () => {
  it('reach the upstream without the agent’s credentials and without the connection’s own', async () => {
    const { upstream, requests } = plainUpstream(() => ({
      status: 200,
      headers: { connection: 'x-hop', 'x-hop': '1', 'x-kept': '2', 'transfer-encoding': 'chunked' },
      body: eventStream((async function* () {})()).body,
    }))
    const { url, run, authorization } = await open(upstream)
    const headers = {
      authorization,
      'x-api-key': run.token,
      cookie: 'a=b',
      'anthropic-beta': 'x,y',
      connection: 'x-mine',
      'x-mine': '1',
    }
    const answer = await send(`${url}?beta=true`, { headers, body: modelRequest })
    await readAll(answer)
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v1/messages?beta=true' })
    expect(requests[0]!.headers).toEqual({ 'anthropic-beta': 'x,y' })
    expect(Buffer.from(requests[0]!.body).toString()).toBe(modelRequest)
    expect(JSON.stringify(requests[0]!.headers)).not.toContain(run.token)
    expect(answer.headers).toMatchObject({ 'x-kept': '2', 'request-id': expect.stringMatching(/^req_/) as string })
    expect(answer.headers).not.toHaveProperty('x-hop')
  })
})

describe('a run', () => {
  const answering = () => createScriptUpstream({ rules: [{ reply: 'hi' }] })

  it('is refused with 403, which no client repeats, to any other token', async () => {
    const { run, seen, url } = await open(answering())
    const tokens = ['', 'wrong', `${run.token}x`, run.token.slice(0, -1)]
    for (const apiKey of tokens) {
      const answer = await send(url, { headers: { 'x-api-key': apiKey }, body: modelRequest })
      expect([answer.statusCode, answer.headers['x-should-retry']]).toEqual([403, 'false'])
      expect(JSON.parse((await readAll(answer)).toString())).toMatchObject({
        type: 'error',
        error: { type: 'permission_error' },
      })
    }
    expect(seen).toEqual([])
  })

  it('takes its token as a key too, and only for itself', async () => {
    const { gateway, run, url } = await open(answering())
    const asKey = await send(url, { headers: { 'x-api-key': run.token }, body: modelRequest })
    expect(asKey.statusCode).toBe(200)
    const other = await gateway.openRun({ runId: newRunId(), upstream: answering(), observe: () => {} })
    const crossed = await send(`${other.baseUrl}/v1/messages`, {
      headers: { 'x-api-key': run.token },
      body: modelRequest,
    })
    expect(crossed.statusCode).toBe(403)
  })

  it('serves what agents ask for and nothing else', async () => {
    const { run, authorization } = await open(answering())
    const status = async (method: string, path: string) =>
      (await send(run.baseUrl + path, { method, headers: { authorization } })).statusCode
    expect(await status('HEAD', '/api/hello')).toBe(200)
    expect(await status('GET', '/v1/models')).toBe(200)
    expect(await status('GET', '/v1/files')).toBe(404)
    expect(await status('POST', '/v1/messages/batches')).toBe(404)
    // Whatever a lenient service makes of it, it would not be metered.
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) expect(await status(method, '/v1/messages')).toBe(404)
    expect(await status('POST', '/v1/models')).toBe(404)
  })

  it.each([
    '/v1/models/../files',
    '/v1/models/%2e%2E/%2E%2e/admin',
    '/v1/models/..\\\\files',
    '/v1/models/.%2e',
    '/v1/models/..%2ffiles',
    '/v1/models/..%5Cfiles',
    '/v1/models/%252e%252e/files',
    '/v1/models/x%2F..%2F..%2Ffiles',
    '/v1/models//files',
    '/v1/models/%00',
  ])('does not serve what %s would lead to at the upstream', async (path) => {
    const { run, authorization } = await open(createScriptUpstream({ turns: ['hi'] }))
    const asIs = { method: 'GET', path: new URL(run.baseUrl).pathname + path, headers: { authorization } }
    const answer = await send(run.baseUrl, asIs)
    expect(answer.statusCode).toBe(404)
    expect((await readAll(answer)).toString()).toContain('does not serve')
  })

  it('that is closed cuts what is under way and refuses the rest', async () => {
    const { run, client, seen } = await open(createScriptUpstream({ turns: [{ text: 'a b', stallAfterEvents: 3 }] }))
    const stream = client.messages.stream(hello)
    const failed = stream.done().catch((error: unknown) => error)
    await stream.emitted('text')
    await run.close()
    expect(await failed).toBeInstanceOf(Error)
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'client_abort' }))
    await expect(client.messages.create(hello)).rejects.toBeInstanceOf(PermissionDeniedError)
  })

  it('needs an upstream and an id of its own', async () => {
    const gateway = createModelGateway()
    gateways.push(gateway)
    const request = { runId: newRunId(), observe: () => {} }
    await expect(gateway.openRun(request)).rejects.toMatchObject({ code: 'credentials_missing' })
    await gateway.openRun({ ...request, upstream: answering() })
    await expect(gateway.openRun({ ...request, upstream: answering() })).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('does not break when its observer does', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const gateway = createModelGateway({ defaultUpstream: answering() })
    gateways.push(gateway)
    const observe = () => {
      throw new Error('observer broke')
    }
    const run = await gateway.openRun({ runId: newRunId(), observe })
    const client = new Anthropic({ baseURL: run.baseUrl, apiKey: run.token, maxRetries: 0 })
    expect((await client.messages.create(hello)).content).toMatchObject([{ text: 'hi' }])
    warned.mockRestore()
  })
})

describe('a gateway', () => {
  it('keeps no process alive', async () => {
    const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
    const program = `
      const { createModelGateway } = await import(${source('gateway/create-model-gateway.ts')})
      const { newRunId } = await import(${source('domain/ids.ts')})
      const upstream = { name: 'none', handle: () => new Promise(() => {}) }
      const run = await createModelGateway().openRun({ runId: newRunId(), upstream, observe: () => {} })
      console.log(run.baseUrl)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 20_000,
    })
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/run\/run_/)
  })

  it('closes its default upstream with itself, and can be closed twice', async () => {
    const close = vi.fn(async () => {})
    const gateway = createModelGateway({ defaultUpstream: { ...createScriptUpstream({ turns: [] }), close } })
    const run = await gateway.openRun({ runId: newRunId(), observe: () => {} })
    await gateway.close()
    expect(close).toHaveBeenCalledOnce()
    await expect(send(run.baseUrl, { body: '' })).rejects.toThrow('ECONNREFUSED')
    await gateway.close()
  })
})
