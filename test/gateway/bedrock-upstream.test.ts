import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bedrockUpstream, type BedrockUpstreamOptions } from '../../src/gateway/upstreams/bedrock/bedrock-upstream.ts'
import { MemoryStorage, redact, runAgent } from '../../src/index.ts'
import { isSignedWith } from './aws-signature.ts'
import {
  awsChunk,
  awsException,
  awsFrames,
  readSse,
  scriptedPlatform,
  sendAsIs,
  startFakePlatform,
  type AwsEvent,
  type FakePlatform,
} from './fake-platforms.ts'
import { makePlace, runRealAgent } from './real-agent.ts'
import { modelRequest, openGateway, readAll, send } from './support.ts'
import type { ServerResponse } from 'node:http'

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'an-invented-secret',
  sessionToken: 'an-invented-session',
}
const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closers.splice(0).toReversed()) await close()
})

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items
}

const sendFrames = (outgoing: ServerResponse, events: AsyncIterable<AwsEvent>): Promise<void> =>
  sendAsIs(
    {
      status: 200,
      headers: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': 'aws-request-1' },
      body: awsFrames(events),
    },
    outgoing,
  )

/** Bedrock with a script in the model’s place. */
async function scriptedBedrock(...rules: Parameters<typeof scriptedPlatform>): Promise<FakePlatform> {
  const play = scriptedPlatform(...rules)
  const platform = await startFakePlatform(async ({ path, headers, body }, outgoing, signal) => {
    const [, model = '', action] = /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream)$/.exec(path) ?? []
    if (action === undefined) return void outgoing.writeHead(404).end('{}')
    const stream = action === 'invoke-with-response-stream'
    const answer = await play({ headers, signal, body: { ...body, model: decodeURIComponent(model), stream } })
    if (!stream || answer.status !== 200) return sendAsIs(answer, outgoing)
    const events = readSse(answer.body)
    return sendFrames(
      outgoing,
      (async function* () {
        for await (const event of events) yield awsChunk(event)
      })(),
    )
  })
  closers.push(() => platform.close())
  return platform
}

async function open(options: BedrockUpstreamOptions) {
  const upstream = bedrockUpstream({ region: 'us-east-1', credentials, ...options })
  const opened = await openGateway(upstream)
  closers.push(() => opened.gateway.close())
  const { baseUrl, token } = opened.run
  return { ...opened, client: new Anthropic({ baseURL: baseUrl, authToken: token, apiKey: null, maxRetries: 0 }) }
}

describe('Bedrock behind the gateway', () => {
  it('streams to a client of the Messages API, signed with the given credentials', async () => {
    const platform = await scriptedBedrock([{ reply: { thinking: 'hm', text: 'Grüße 🎭 from {{model}}' } }])
    const { client, seen, run } = await open({ baseUrl: platform.url })
    const stream = client.messages.stream({ ...hello, model: 'claude-sonnet-4-5-20250929' })
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'Grüße 🎭 from us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
    ])
    const [asked] = platform.asked
    expect(asked!.path).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream')
    expect(asked!.headers['authorization']).toContain('Credential=AKIDEXAMPLE/')
    expect(asked!.headers['authorization']).toContain('/us-east-1/bedrock/aws4_request')
    expect(asked!.headers['x-amz-security-token']).toBe('an-invented-session')
    expect(isSignedWith(credentials.secretAccessKey, asked!)).toBe(true)
    expect(isSignedWith('another secret', asked!)).toBe(false)
    expect(redact(`it is ${credentials.secretAccessKey}`)).not.toContain(credentials.secretAccessKey)
    expect(stream.request_id).toBe('aws-request-1')
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'complete' })
    expect(JSON.stringify([asked!.headers, asked!.text])).not.toContain(run.token)
  })

  it('sends the body that Bedrock takes: no model, no stream, its version, the betas that it knows', async () => {
    const platform = await scriptedBedrock([{ reply: 'hi' }])
    const { run } = await open({ baseUrl: platform.url, betas: ['my-beta-2026-01-01'] })
    const asked = [
      'claude-code-20250219',
      'interleaved-thinking-2025-05-14',
      'advanced-tool-use-2025-11-20',
      'context-management-2025-06-27',
    ]
    const headers = {
      authorization: `Bearer ${run.token}`,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': [...asked, 'my-beta-2026-01-01'].join(','),
    }
    const body = JSON.stringify({ ...hello, stream: true, context_management: { edits: [] }, temperature: 1 })
    const answer = await send(`${run.baseUrl}/v1/messages?beta=true`, { headers, body })
    expect((await readAll(answer)).toString()).toContain('"hi"')
    expect(platform.asked[0]!.path).toBe('/model/us.anthropic.claude-opus-5-5/invoke-with-response-stream')
    expect(platform.asked[0]!.body).toEqual({
      max_tokens: 100,
      messages: hello.messages,
      temperature: 1,
      anthropic_version: 'bedrock-2023-05-31',
      anthropic_beta: ['interleaved-thinking-2025-05-14', 'tool-search-tool-2025-10-19', 'my-beta-2026-01-01'],
    })
    expect(platform.asked[0]!.headers['anthropic-beta']).toBe('claude-code-20250219')
    expect(platform.asked[0]!.headers).not.toHaveProperty('anthropic-version')
  })

  it('gets whole answers, by API key and by the names of the map', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'not this one')
    const platform = await scriptedBedrock([{ reply: 'from {{model}}' }])
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'
    const upstream = bedrockUpstream({ baseUrl: platform.url, apiKey: 'br-key', modelMap: { 'claude-opus-5-5': arn } })
    const { gateway, run } = await openGateway(upstream)
    closers.push(() => gateway.close())
    const client = new Anthropic({ baseURL: run.baseUrl, authToken: run.token, apiKey: null, maxRetries: 0 })
    expect((await client.messages.create(hello)).content).toMatchObject([{ text: `from ${arn}` }])
    expect(platform.asked[0]!.path).toBe(`/model/${arn.replaceAll('/', '%2F')}/invoke`)
    expect(platform.asked[0]!.headers.authorization).toBe('Bearer br-key')
  })

  it('counts tokens of the model itself, with the body that it would invoke', async () => {
    const platform = await startFakePlatform((_, outgoing) => void outgoing.writeHead(200).end('{"inputTokens":42}'))
    closers.push(() => platform.close())
    const { client } = await open({ baseUrl: platform.url })
    expect(await client.messages.countTokens({ model: hello.model, messages: hello.messages })).toEqual({
      input_tokens: 42,
    })
    const [asked] = platform.asked
    expect(asked!.path).toBe('/model/anthropic.claude-opus-5-5/count-tokens')
    expect(isSignedWith(credentials.secretAccessKey, asked!)).toBe(true)
    const { input } = asked!.body as { input: { invokeModel: { body: string } } }
    expect(JSON.parse(Buffer.from(input.invokeModel.body, 'base64').toString())).toMatchObject({
      anthropic_version: expect.stringMatching(/^20\d\d-/) as string,
      max_tokens: 1,
      messages: hello.messages,
    })
  })

  it('lists models although Bedrock has no such list', async () => {
    const { client } = await open({ baseUrl: 'http://127.0.0.1:9', modelMap: { mine: 'arn:x' } })
    const ids = (await client.models.list()).data.map(({ id }) => id)
    expect(ids).toContain('claude-opus-5-5')
    expect(ids[0]).toBe('mine')
    expect(await client.models.retrieve('claude-opus-5-5')).toMatchObject({ type: 'model', id: 'claude-opus-5-5' })
    await expect(client.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 })
  })

  it.each([
    [400, 'ValidationException', 'invalid_request_error'],
    [403, 'AccessDeniedException', 'permission_error'],
    [404, 'ResourceNotFoundException', 'not_found_error'],
    [429, 'ThrottlingException', 'rate_limit_error'],
    [500, 'InternalServerException', 'api_error'],
    [503, 'ServiceUnavailableException', 'api_error'],
  ])('says a refusal with %i (%s) in the API’s words, after one attempt', async (status, name, type) => {
    const platform = await startFakePlatform((_, outgoing) => {
      const headers = {
        'x-amzn-errortype': `${name}:http://internal/`,
        'x-amzn-requestid': 'aws-7',
        'retry-after': '3',
      }
      outgoing.writeHead(status, headers).end(JSON.stringify({ message: `${name} it is` }))
    })
    closers.push(() => platform.close())
    const { client } = await open({ baseUrl: platform.url })
    const failure = (await client.messages.create(hello).catch((error: unknown) => error)) as InstanceType<
      typeof Anthropic.APIError
    >
    expect(failure).toMatchObject({ status, requestID: 'aws-7', error: { error: { type, message: `${name} it is` } } })
    expect(failure.headers?.get('retry-after')).toBe('3')
    expect(platform.asked).toHaveLength(1)
  })

  it.each([
    ['throttlingException', 'rate_limit_error'],
    ['serviceUnavailableException', 'overloaded_error'],
    ['modelStreamErrorException', 'api_error'],
    ['internalServerException', 'api_error'],
  ])('says %s within a stream as the API would', async (exception, type) => {
    const platform = await startFakePlatform((_, outgoing) =>
      sendFrames(outgoing, each([awsChunk({ type: 'ping' }), awsException(exception, 'slow down')])),
    )
    closers.push(() => platform.close())
    const { run } = await open({ baseUrl: platform.url })
    const headers = { authorization: `Bearer ${run.token}` }
    const answer = await send(`${run.baseUrl}/v1/messages`, { headers, body: modelRequest })
    expect((await readAll(answer)).toString()).toBe(
      `event: ping\ndata: {"type":"ping"}\n\nevent: error\ndata: {"type":"error","error":{"type":"${type}","message":"slow down"}}\n\n`,
    )
  })

  it('cuts the stream where a frame is broken', async () => {
    const platform = await startFakePlatform(async (_, outgoing) => {
      const [frame] = await Array.fromAsync(awsFrames(each([awsChunk({ type: 'ping' })])))
      const broken = Uint8Array.from(frame!)
      broken[broken.length - 1]! ^= 1
      outgoing.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
      outgoing.write(frame)
      outgoing.end(broken)
    })
    closers.push(() => platform.close())
    const { client, seen } = await open({ baseUrl: platform.url })
    await expect(client.messages.stream(hello).finalMessage()).rejects.toThrow()
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'upstream_cut' })
  })

  it('keeps what a profile gave it until that expires, instead of asking for each request', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    const folder = mkdtempSync(join(tmpdir(), 'perdure-aws-'))
    closers.push(async () => rmSync(folder, { recursive: true }))
    const given = { Version: 1, AccessKeyId: 'AKIDPROFILE', SecretAccessKey: 'of-the-profile' }
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    writeFileSync(
      join(folder, 'give.sh'),
      `echo asked >> ${folder}/asked; echo '${JSON.stringify({ ...given, Expiration: soon })}'`,
    )
    writeFileSync(join(folder, 'config'), `[default]\ncredential_process = sh ${folder}/give.sh\n`)
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
    const platform = await scriptedBedrock([{ reply: 'hi' }])
    const { gateway, run } = await openGateway(bedrockUpstream({ region: 'us-east-1', baseUrl: platform.url }))
    closers.push(() => gateway.close())
    const client = new Anthropic({ baseURL: run.baseUrl, authToken: run.token, apiKey: null, maxRetries: 0 })
    for (let request = 0; request < 3; request++) await client.messages.create(hello)
    expect(platform.asked.map((asked) => isSignedWith('of-the-profile', asked))).toEqual([true, true, true])
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n')
  })

  it('refuses at once when there are no credentials to be had', async () => {
    const { client, seen } = await open({
      baseUrl: 'http://127.0.0.1:9',
      credentials: () => Promise.reject(new Error('the token file is gone')),
    })
    const failure = (await client.messages.create(hello).catch((error: unknown) => error)) as InstanceType<
      typeof Anthropic.APIError
    >
    expect(failure).toMatchObject({ status: 401 })
    expect(failure.message).toContain('the token file is gone')
    expect(failure.headers?.get('x-should-retry')).toBe('false')
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'http_error' })
  })

  it('carries a run of the real agent', { timeout: 60_000 }, async () => {
    const platform = await scriptedBedrock({
      turns: [
        { text: 'looking', tools: [{ name: 'Bash', input: { command: 'echo through-bedrock' } }] },
        'done: {{toolResult}}',
      ],
    })
    const place = makePlace()
    closers.push(async () => place.remove())
    const { result, text } = await runRealAgent({
      place,
      upstream: bedrockUpstream({ credentials, baseUrl: platform.url }),
    })
    expect(result).toMatchObject({ subtype: 'success', is_error: false })
    expect(text).toContain('through-bedrock')
    const asked = platform.asked.filter(({ path }) => path.includes('/model/us.anthropic.claude-opus-5-5/'))
    expect(asked.length).toBeGreaterThanOrEqual(2)
    for (const one of asked) {
      expect(isSignedWith(credentials.secretAccessKey, one)).toBe(true)
      expect(one.body).not.toHaveProperty('context_management')
      expect(one.body['anthropic_beta']).not.toContain('claude-code-20250219')
    }
  })

  it(
    'plays the model of runAgent, whose agent then asks for nothing that is in the making',
    { timeout: 60_000 },
    async () => {
      const platform = await scriptedBedrock([{ reply: 'hi from {{model}}' }])
      const place = makePlace()
      closers.push(async () => place.remove())
      const { cwd } = place
      const upstream = bedrockUpstream({ credentials, baseUrl: platform.url })
      const outcome = await runAgent({
        prompt: 'hello',
        cwd,
        storage: new MemoryStorage(),
        upstream,
        model: hello.model,
      })
      expect(outcome).toMatchObject({ status: 'completed', text: 'hi from us.anthropic.claude-opus-5-5' })
      const bodies = platform.asked.map(({ body }) => body)
      expect(bodies.length).toBeGreaterThan(0)
      expect(bodies.map(({ anthropic_beta: betas }) => betas).flat()).toEqual(
        bodies.map(() => 'interleaved-thinking-2025-05-14'),
      )
      expect(JSON.stringify(bodies)).not.toContain('defer_loading')
    },
  )
})
