import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { foundryUpstream, type FoundryUpstreamOptions } from '../../src/gateway/upstreams/foundry/foundry-upstream.ts'
import { scriptedPlatform, sendAsIs, startFakePlatform, type FakePlatform } from './fake-platforms.ts'
import { makePlace, runRealAgent } from './real-agent.ts'
import { openGateway } from './support.ts'

const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Foundry with a script in the model’s place. */
async function scriptedFoundry(...rules: Parameters<typeof scriptedPlatform>): Promise<FakePlatform> {
  const play = scriptedPlatform(...rules)
  const platform = await startFakePlatform(async ({ headers, body }, outgoing, signal) =>
    sendAsIs(await play({ headers, signal, body }), outgoing),
  )
  closers.push(() => platform.close())
  return platform
}

async function open(options: FoundryUpstreamOptions) {
  const opened = await openGateway(foundryUpstream(options))
  closers.push(() => opened.gateway.close())
  const { baseUrl, token } = opened.run
  return { ...opened, client: new Anthropic({ baseURL: baseUrl, authToken: token, apiKey: null, maxRetries: 0 }) }
}

describe('Foundry behind the gateway', () => {
  it('streams to a client of the Messages API, with the resource’s key and nothing else of the host', async () => {
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'not-for-microsoft')
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-not-for-microsoft')
    const platform = await scriptedFoundry([{ reply: 'Grüße from {{model}}' }])
    const { client, run } = await open({ baseUrl: `${platform.url}/anthropic/`, apiKey: 'foundry-key' })
    const asked = { ...hello, model: 'claude-haiku-4-5-20251001' }
    const message = await client.beta.messages.stream({ ...asked, betas: ['any-beta-2026-01-01'] }).finalMessage()
    expect(message.content).toMatchObject([{ text: 'Grüße from claude-haiku-4-5' }])
    const [request] = platform.asked
    expect(request!.path).toBe('/anthropic/v1/messages')
    expect(request!.headers).toMatchObject({ 'x-api-key': 'foundry-key', 'anthropic-beta': 'any-beta-2026-01-01' })
    const sent = JSON.stringify([request!.headers, request!.text])
    for (const secret of [run.token, 'not-for-microsoft']) expect(sent).not.toContain(secret)
  })

  it('asks for an Entra token with each request, and by the deployment of the map', async () => {
    vi.stubEnv('ANTHROPIC_FOUNDRY_API_KEY', 'not-this-one')
    const platform = await scriptedFoundry([{ reply: 'from {{model}}' }])
    let tokens = 0
    const { client } = await open({
      baseUrl: platform.url,
      entraToken: async () => `entra-${++tokens}`,
      modelMap: { 'claude-opus-5-5': 'my-deployment' },
    })
    for (const n of [1, 2]) {
      expect((await client.messages.create(hello)).content).toMatchObject([{ text: 'from my-deployment' }])
      expect(platform.asked.at(-1)!.headers.authorization).toBe(`Bearer entra-${n}`)
      expect(platform.asked.at(-1)!.headers).not.toHaveProperty('x-api-key')
    }
  })

  it('counts tokens, and passes errors on with their request id', async () => {
    const platform = await startFakePlatform(({ path }, outgoing) => {
      const isCount = path.startsWith('/v1/messages/count_tokens')
      const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
      outgoing
        .writeHead(isCount ? 200 : 529, { 'content-type': 'application/json', 'request-id': 'req_theirs' })
        .end(JSON.stringify(isCount ? { input_tokens: 42 } : error))
    })
    closers.push(() => platform.close())
    const { client } = await open({ baseUrl: platform.url, apiKey: 'foundry-key' })
    expect(await client.messages.countTokens({ model: 'm', messages: hello.messages })).toEqual({ input_tokens: 42 })
    await expect(client.messages.create(hello)).rejects.toMatchObject({
      status: 529,
      requestID: 'req_theirs',
      error: { error: { type: 'overloaded_error', message: 'Overloaded' } },
    })
    expect(platform.asked).toHaveLength(2)
  })

  it('takes no key elsewhere by a redirect', async () => {
    const elsewhere = await startFakePlatform((_, outgoing) => void outgoing.end('{}'))
    const platform = await startFakePlatform((_, outgoing) => {
      outgoing.writeHead(307, { location: `${elsewhere.url}/v1/messages` }).end()
    })
    closers.push(
      () => platform.close(),
      () => elsewhere.close(),
    )
    const { client } = await open({ baseUrl: platform.url, apiKey: 'foundry-key' })
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 400 })
    expect(elsewhere.asked).toEqual([])
  })

  it('needs a key and a resource', () => {
    for (const name of ['API_KEY', 'RESOURCE', 'BASE_URL']) vi.stubEnv(`ANTHROPIC_FOUNDRY_${name}`, undefined)
    expect(() => foundryUpstream({ resource: 'r' })).toThrow('There is no key for Microsoft Foundry.')
    expect(() => foundryUpstream({ apiKey: 'k' })).toThrow('needs the name of the resource')
    expect(() => foundryUpstream({ apiKey: 'k', baseUrl: 'http://far.example' })).toThrow('could read the key')
  })

  it('carries a run of the real agent', { timeout: 60_000 }, async () => {
    const platform = await scriptedFoundry({
      turns: [{ tools: [{ name: 'Bash', input: { command: 'echo through-foundry' } }] }, 'done: {{toolResult}}'],
    })
    const place = makePlace()
    closers.push(async () => place.remove())
    const upstream = foundryUpstream({ baseUrl: platform.url, apiKey: 'foundry-key' })
    const { result, text } = await runRealAgent({ place, upstream })
    expect(result).toMatchObject({ subtype: 'success', is_error: false })
    expect(text).toContain('through-foundry')
    expect(platform.asked.map(({ path }) => path)).toContain('/v1/messages?beta=true')
  })
})
