import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { credentialsFromEnvironment } from '../../src/gateway/upstreams/anthropic/credentials-from-environment.ts'
import type { ModelUpstream } from '../../src/ports/model-gateway.ts'
import { startScriptedMessagesApi } from '../../src/testing/index.ts'
import { modelRequest, openGateway, send } from './support.ts'

const key = 'sk-ant-very-secret'
const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function connect(upstream: ModelUpstream) {
  const { gateway, run, seen } = await openGateway(upstream)
  closers.push(
    async () => upstream.close?.(),
    () => gateway.close(),
  )
  return {
    seen,
    run,
    client: new Anthropic({ baseURL: run.baseUrl, authToken: run.token, apiKey: null, maxRetries: 0 }),
  }
}

async function startServer(answer: (outgoing: ServerResponse, path: string) => void) {
  const asked: { path: string; headers: IncomingHttpHeaders }[] = []
  const server: Server = createServer((incoming, outgoing) => {
    asked.push({ path: incoming.url ?? '', headers: incoming.headers })
    incoming.resume().on('end', () => answer(outgoing, incoming.url ?? ''))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('createAnthropicUpstream', () => {
  it('streams through with its own key, which nobody on the agent’s side sees', async () => {
    const api = await startScriptedMessagesApi([{ reply: 'from {{model}}' }])
    closers.push(() => api.close())
    const { client, run, seen } = await connect(
      createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: api.url }),
    )
    const message = await client.messages.stream(hello).finalMessage()
    expect(message.content).toMatchObject([{ text: 'from claude-opus-5-5' }])
    expect(api.requests).toHaveLength(1)
    expect(JSON.stringify([seen, message, run])).not.toContain(key)
    expect(JSON.stringify(api.requests)).not.toContain(run.token)
  })

  it('sends the key or the token, plain encoding, and the path of the base URL', async () => {
    const { asked, url } = await startServer((outgoing) =>
      outgoing.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
    )
    for (const credentials of [{ apiKey: key }, { authToken: key }]) {
      const { client } = await connect(createAnthropicUpstream({ credentials, baseUrl: `${url}/proxy/` }))
      await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 404 })
    }
    const { client } = await connect(
      createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: `${url}/proxy/v1/` }),
    )
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 404 })
    expect(asked.map(({ path }) => path)).toEqual(Array.from({ length: 3 }, () => '/proxy/v1/messages'))
    expect(asked[0]!.headers).toMatchObject({
      'x-api-key': key,
      'accept-encoding': 'identity',
      'anthropic-version': expect.any(String) as string,
    })
    expect(asked[0]!.headers.authorization).toBeUndefined()
    expect(asked[1]!.headers).toMatchObject({ authorization: `Bearer ${key}` })
    expect(asked[1]!.headers['x-api-key']).toBeUndefined()
  })

  it('lets no key travel in the clear to another machine, unless that is allowed', () => {
    const options = { credentials: { apiKey: key }, baseUrl: 'http://gateway.internal:4000' }
    const withLogin = { ...options, baseUrl: 'https://user:hunter2@gateway.internal' }
    expect(() => createAnthropicUpstream(withLogin)).toThrow(/holds a login: gateway\.internal\.$/)
    expect(() => createAnthropicUpstream(options)).toThrow('gateway.internal:4000 has a plain http URL')
    expect(createAnthropicUpstream({ ...options, allowInsecure: true }).name).toBe('anthropic')
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ])('reads an answer that a service sends as %s although asked for plain bytes', async (encoding, compress) => {
    const answer = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: 'end_turn' }
    const { url } = await startServer((outgoing) => {
      const bytes = compress(Buffer.from(JSON.stringify(answer)))
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
      outgoing.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
    })
    const { client, seen } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    expect(await client.messages.create(hello)).toMatchObject(answer)
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'complete' })
  })

  it('streams on what it unpacks, piece by piece', async () => {
    const { url } = await startServer((outgoing) => {
      const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }
      const packed = createGzip()
      packed.pipe(outgoing.writeHead(200, headers))
      packed.write('event: ping\ndata: {"type":"ping"}\n\n')
      packed.flush()
    })
    const { run } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    const headers = { authorization: `Bearer ${run.token}` }
    const answer = await send(`${run.baseUrl}/v1/messages`, { headers, body: modelRequest })
    expect(answer.headers).not.toHaveProperty('content-encoding')
    const [first] = (await once(answer, 'data')) as [Buffer]
    expect(first.toString()).toContain('"ping"')
    answer.destroy()
  })

  it('passes a cut on as a cut', async () => {
    const { url } = await startServer((outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: ping\ndata: {"type":"ping"}\n\n')
      setImmediate(() => outgoing.destroy())
    })
    const { client, seen } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    await expect(client.messages.stream(hello).finalMessage()).rejects.toThrow()
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'upstream_cut' })
  })

  it('asks again when the service closed a connection that it had kept open', async () => {
    const used = new Set<Socket>()
    const asked: boolean[] = []
    const server = createServer((incoming, outgoing) => {
      const isKept = used.has(incoming.socket)
      asked.push(isKept)
      used.add(incoming.socket)
      if (isKept) incoming.socket.resetAndDestroy()
      else incoming.resume().on('end', () => outgoing.writeHead(404).end('{}'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(async () => server.close().closeAllConnections())
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { client } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl }))
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 404 })
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 404 })
    expect(asked).toEqual([false, true, false])
  })

  it.each([301, 302, 303, 307, 308])('leads no agent past the gateway by a redirect with %i', async (status) => {
    const { asked, url } = await startServer((outgoing) =>
      outgoing.writeHead(status, { location: 'https://moved.invalid/v1/messages?secret=1' }).end(),
    )
    const { client } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    const error = await client.messages.create(hello).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ status: 400 })
    expect(String(error)).toContain('redirects to https://moved.invalid/v1/messages;')
    expect(asked).toHaveLength(1)
  })

  it('does not wait for one that switches to another protocol', async () => {
    const { url } = await startServer((outgoing) =>
      outgoing.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    )
    const { client } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    await expect(client.messages.create(hello, { timeout: 3000 })).rejects.toMatchObject({ status: 502 })
  })

  it('hangs up when the agent does', async () => {
    let closed: Promise<unknown> | undefined
    const { url } = await startServer((outgoing) => {
      closed = once(outgoing, 'close')
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: ping\ndata: {"type":"ping"}\n\n')
    })
    const { client } = await connect(createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: url }))
    const stream = await client.messages.create({ ...hello, stream: true })
    stream.controller.abort()
    await closed
  })

  it('says that a service cannot be reached, and not with what key', async () => {
    const { client, seen } = await connect(
      createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl: 'http://127.0.0.1:1' }),
    )
    const failure = await client.messages.create(hello).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      status: 502,
      message: expect.stringContaining('127.0.0.1:1 could not be reached: ECONNREFUSED') as string,
    })
    expect(JSON.stringify([failure, seen])).not.toContain(key)
  })

  it('wants an http or https URL', () => {
    for (const baseUrl of ['nowhere', 'file:///etc/passwd']) {
      expect(() => createAnthropicUpstream({ credentials: { apiKey: key }, baseUrl })).toThrow(
        'not an http or https URL',
      )
    }
  })
})

describe('credentialsFromEnvironment', () => {
  it('reads key, token and base URL as every client does', async () => {
    const { asked, url } = await startServer((outgoing) => outgoing.writeHead(404).end('{}'))
    for (const credential of ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']) {
      const upstream = credentialsFromEnvironment({ [credential]: ` ${key}\n`, ANTHROPIC_BASE_URL: url })
      const { client } = await connect(upstream!)
      await client.messages.create(hello).catch(() => {})
    }
    expect(asked.map(({ headers }) => headers['x-api-key'] ?? headers.authorization)).toEqual([key, `Bearer ${key}`])
  })

  it.each([
    ['by the proxy that the environment names', {}, true],
    ['past it to the hosts that `NO_PROXY` names', { NO_PROXY: 'service.invalid' }, false],
    ['past it on this machine', { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' }, false],
  ])('reaches the service %s', async (_how, exceptions, isProxied) => {
    const { asked, url } = await startServer((outgoing) => outgoing.writeHead(404).end('{}'))
    const upstream = credentialsFromEnvironment({
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: 'http://service.invalid/base',
      PERDURE_ALLOW_INSECURE: '1',
      http_proxy: url,
      ...exceptions,
    })
    const { client } = await connect(upstream!)
    await client.messages.create(hello).catch(() => {})
    expect(asked.map(({ path }) => path)).toEqual(isProxied ? ['http://service.invalid/base/v1/messages'] : [])
  })

  it('reaches an https service through a tunnel of the proxy', async () => {
    const proxy = createServer().listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    closers.push(async () => proxy.close())
    const tunnels: string[] = []
    proxy.on('connect', (incoming, socket) => {
      tunnels.push(incoming.url ?? '')
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    const upstream = credentialsFromEnvironment({
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: 'https://service.invalid',
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    })
    const { client } = await connect(upstream!)
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 502 })
    expect(tunnels).toEqual(['service.invalid:443'])
  })

  it('gives nothing without a credential', () => {
    expect(credentialsFromEnvironment({ ANTHROPIC_API_KEY: '', ANTHROPIC_BASE_URL: 'http://x' })).toBeUndefined()
    expect(credentialsFromEnvironment({ ANTHROPIC_API_KEY: key })?.name).toBe('anthropic')
  })
})
