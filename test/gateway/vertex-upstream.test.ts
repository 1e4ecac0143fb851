import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { vertexUpstream, type VertexUpstreamOptions } from '../../src/gateway/upstreams/vertex/vertex-upstream.ts'
import { scriptedPlatform, sendAsIs, startFakePlatform, type FakePlatform } from './fake-platforms.ts'
import { makePlace, runRealAgent } from './real-agent.ts'
import { openGateway, readAll, send } from './support.ts'

const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const models = '/v1/projects/my-project/locations/us-east5/publishers/anthropic/models'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Vertex with a script in the model’s place. */
async function scriptedVertex(...rules: Parameters<typeof scriptedPlatform>): Promise<FakePlatform> {
  const play = scriptedPlatform(...rules)
  const platform = await startFakePlatform(async ({ path, headers, body }, outgoing, signal) => {
    const [, model = '', action] = /\/models\/([^/]+):(rawPredict|streamRawPredict)$/.exec(path) ?? []
    if (headers.authorization !== 'Bearer ya29.invented' || action === undefined) {
      return void outgoing.writeHead(401).end(JSON.stringify([{ error: { code: 401, message: 'Who?', status: 'X' } }]))
    }
    const asked = { ...body, model, stream: action === 'streamRawPredict' }
    return sendAsIs(await play({ headers, signal, body: asked }), outgoing)
  })
  closers.push(() => platform.close())
  return platform
}

const options = (platform: FakePlatform): VertexUpstreamOptions => ({
  baseUrl: `${platform.url}/v1`,
  region: 'us-east5',
  projectId: 'my-project',
  accessToken: async () => 'ya29.invented',
})

async function open(upstreamOptions: VertexUpstreamOptions) {
  const opened = await openGateway(vertexUpstream(upstreamOptions))
  closers.push(() => opened.gateway.close())
  const { baseUrl, token } = opened.run
  return { ...opened, client: new Anthropic({ baseURL: baseUrl, authToken: token, apiKey: null, maxRetries: 0 }) }
}

describe('Vertex behind the gateway', () => {
  it('streams to a client of the Messages API, with a token of its own for each request', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-not-for-google')
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'not-for-google')
    const platform = await scriptedVertex([{ reply: 'Grüße from {{model}}' }])
    const { client, run, seen } = await open(options(platform))
    const message = await client.messages.stream({ ...hello, model: 'claude-haiku-4-5-20251001' }).finalMessage()
    expect(message.content).toMatchObject([{ text: 'Grüße from claude-haiku-4-5@20251001' }])
    expect(platform.asked[0]!.path).toBe(`${models}/claude-haiku-4-5@20251001:streamRawPredict`)
    expect(seen.at(-1)).toMatchObject({ type: 'end', how: 'complete' })
    const sent = JSON.stringify([platform.asked[0]!.headers, platform.asked[0]!.text])
    for (const secret of [run.token, 'not-for-google']) expect(sent).not.toContain(secret)
  })

  it('sends the body that Vertex takes: no model, its version; betas that it knows in the header', async () => {
    const platform = await scriptedVertex([{ reply: 'hi' }])
    const { run } = await open(options(platform))
    const betas = ['claude-code-20250219', 'advanced-tool-use-2025-11-20', 'context-management-2025-06-27']
    const headers = {
      authorization: `Bearer ${run.token}`,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': betas.join(','),
    }
    const body = JSON.stringify({ ...hello, context_management: { edits: [] } })
    const answer = await send(`${run.baseUrl}/v1/messages?beta=true`, { headers, body })
    expect((await readAll(answer)).toString()).toContain('"hi"')
    expect(platform.asked[0]).toMatchObject({ path: `${models}/claude-opus-5-5:rawPredict` })
    expect(platform.asked[0]!.body).toEqual({
      max_tokens: 100,
      messages: hello.messages,
      anthropic_version: 'vertex-2023-10-16',
    })
    expect(platform.asked[0]!.headers['anthropic-beta']).toBe('claude-code-20250219,tool-search-tool-2025-10-19')
    expect(platform.asked[0]!.headers).not.toHaveProperty('anthropic-version')
  })

  it('counts tokens by Vertex’s own path, where the model stands in the body', async () => {
    const platform = await startFakePlatform((_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":42}')
    })
    closers.push(() => platform.close())
    const { client } = await open({ ...options(platform), modelMap: { mine: 'claude-theirs@1' } })
    expect(await client.messages.countTokens({ model: 'mine', messages: hello.messages })).toEqual({ input_tokens: 42 })
    expect(platform.asked[0]!.path).toBe(`${models}/count-tokens:rawPredict`)
    expect(platform.asked[0]!.body).toMatchObject({ model: 'claude-theirs@1', messages: hello.messages })
  })

  it.each([
    [429, { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } }, 'rate_limit_error'],
    [404, [{ error: { code: 404, message: 'Quota exceeded', status: 'NOT_FOUND' } }], 'not_found_error'],
    [529, { type: 'error', error: { type: 'overloaded_error', message: 'Quota exceeded' } }, 'overloaded_error'],
  ])('says a refusal with %i in the API’s words, after one attempt', async (status, answer, type) => {
    const platform = await startFakePlatform((_, outgoing) => {
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    closers.push(() => platform.close())
    const { client } = await open(options(platform))
    await expect(client.messages.create(hello)).rejects.toMatchObject({
      status,
      error: { error: { type, message: 'Quota exceeded' } },
    })
    expect(platform.asked).toHaveLength(1)
  })

  it('finds Application Default Credentials as all Google tools do, and keeps their token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perdure-adc-'))
    closers.push(async () => rmSync(folder, { recursive: true }))
    const google = await startFakePlatform((_, outgoing) => {
      const token = { access_token: 'ya29.invented', token_type: 'Bearer', expires_in: 3600 }
      const kind = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...token, ...kind }))
    })
    closers.push(() => google.close())
    writeFileSync(join(folder, 'subject'), 'a token of the machine')
    const configuration = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.url}/token`,
      credential_source: { file: join(folder, 'subject') },
    }
    writeFileSync(join(folder, 'adc.json'), JSON.stringify(configuration))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'adc.json'))
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'my-project')
    const platform = await scriptedVertex([{ reply: 'hi' }])
    const { accessToken: _none, ...found } = options(platform)
    const { client } = await open(found)
    for (let request = 0; request < 2; request++) {
      expect((await client.messages.create(hello)).content).toMatchObject([{ text: 'hi' }])
    }
    expect(google.asked).toHaveLength(1)
  })

  it('refuses at once without a token, and asks for one again', async () => {
    const platform = await scriptedVertex([{ reply: 'hi' }])
    let isThere = false
    const accessToken = async (): Promise<string> => {
      if (!isThere) throw new Error('log in first')
      return 'ya29.invented'
    }
    const { client } = await open({ ...options(platform), accessToken })
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 401 })
    isThere = true
    expect((await client.messages.create(hello)).content).toMatchObject([{ text: 'hi' }])
  })

  it('needs a region', () => {
    vi.stubEnv('CLOUD_ML_REGION', undefined)
    expect(() => vertexUpstream({ projectId: 'p' })).toThrow('Vertex needs a region.')
  })

  it('carries a run of the real agent', { timeout: 60_000 }, async () => {
    const platform = await scriptedVertex({
      turns: [{ tools: [{ name: 'Bash', input: { command: 'echo through-vertex' } }] }, 'done: {{toolResult}}'],
    })
    const place = makePlace()
    closers.push(async () => place.remove())
    const { result, text } = await runRealAgent({ place, upstream: vertexUpstream(options(platform)) })
    expect(result).toMatchObject({ subtype: 'success', is_error: false })
    expect(text).toContain('through-vertex')
    const asked = platform.asked.filter(({ path }) => path === `${models}/claude-opus-5-5:streamRawPredict`)
    expect(asked.length).toBeGreaterThanOrEqual(2)
    for (const { body } of asked) expect(body).not.toHaveProperty('context_management')
  })
})
