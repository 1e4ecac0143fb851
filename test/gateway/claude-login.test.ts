import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claudeLoginUpstream } from '../../src/gateway/upstreams/claude-login/claude-login-upstream.ts'
import { scriptedPlatform, sendAsIs, startFakePlatform, type FakePlatform } from './fake-platforms.ts'
import { makePlace, runRealAgent } from './real-agent.ts'
import { openGateway, readAll, send } from './support.ts'

// The tokens are invented: no real login may be used here.
const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }
const hour = 3_600_000
const closers: (() => unknown)[] = []
let folder: string
let api: FakePlatform

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perdure-login-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  const play = scriptedPlatform([{ reply: 'hi' }])
  api = await startFakePlatform(async ({ headers, body }, outgoing, signal) =>
    sendAsIs(await play({ headers, signal, body }), outgoing),
  )
  closers.push(() => api.close())
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const logIn = (accessToken: string, expiresAt: number): void =>
  writeFileSync(join(folder, '.credentials.json'), JSON.stringify({ claudeAiOauth: { accessToken, expiresAt } }))

async function upstreamOfLogin() {
  const upstream = await claudeLoginUpstream({ environment: { CLAUDE_CONFIG_DIR: folder }, baseUrl: api.url })
  if (upstream === undefined) throw new Error('nobody is logged in')
  closers.push(() => upstream.close?.())
  return upstream
}

async function open() {
  const opened = await openGateway(await upstreamOfLogin())
  closers.push(() => opened.gateway.close())
  const { baseUrl, token } = opened.run
  return { ...opened, client: new Anthropic({ baseURL: baseUrl, authToken: token, apiKey: null, maxRetries: 0 }) }
}

describe('a person’s own claude.ai login', () => {
  it('is sent as a token, with the beta that lets the API take it', async () => {
    logIn('sk-ant-oat01-invented', Date.now() + hour)
    const { run } = await open()
    const headers = { authorization: `Bearer ${run.token}`, 'anthropic-beta': 'claude-code-20250219' }
    await readAll(await send(`${run.baseUrl}/v1/messages?beta=true`, { headers, body: JSON.stringify(hello) }))
    expect(api.asked[0]!.headers).toMatchObject({
      authorization: 'Bearer sk-ant-oat01-invented',
      'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20',
    })
    expect(api.asked[0]!.headers).not.toHaveProperty('x-api-key')
  })

  it('is read again after `claude` renewed it, and never written', async () => {
    logIn('sk-ant-oat01-first', Date.now() + hour)
    const { client } = await open()
    await client.messages.create(hello)
    logIn('sk-ant-oat01-second', Date.now() + hour)
    const file = join(folder, '.credentials.json')
    const before = [readFileSync(file, 'utf8'), statSync(file).mtimeMs]
    await client.messages.create(hello)
    const sent = api.asked.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(['Bearer sk-ant-oat01-first', 'Bearer sk-ant-oat01-second'])
    expect([readFileSync(file, 'utf8'), statSync(file).mtimeMs]).toEqual(before)
  })

  it('that expires meanwhile is refused at once, with what to do', async () => {
    logIn('sk-ant-oat01-first', Date.now() + hour)
    const { client } = await open()
    logIn('sk-ant-oat01-first', Date.now() - 1)
    const failure = (await client.messages.create(hello).catch((error: unknown) => error)) as InstanceType<
      typeof Anthropic.APIError
    >
    expect(failure).toMatchObject({ status: 401 })
    expect(failure.message).toContain('run `claude` once')
    expect(failure.headers?.get('x-should-retry')).toBe('false')
    expect(api.asked).toEqual([])
  })

  it('carries a run of the real agent, which never sees it', { timeout: 60_000 }, async () => {
    logIn('sk-ant-oat01-invented', Date.now() + hour)
    const place = makePlace()
    closers.push(() => place.remove())
    const { result, messages } = await runRealAgent({ place, upstream: await upstreamOfLogin() })
    expect(result).toMatchObject({ subtype: 'success', is_error: false })
    expect(api.asked.length).toBeGreaterThan(0)
    for (const { headers } of api.asked) {
      expect(headers.authorization).toBe('Bearer sk-ant-oat01-invented')
      expect(
        String(headers['anthropic-beta'])
          .split(',')
          .filter((beta) => beta === 'oauth-2025-04-20'),
      ).toHaveLength(1)
    }
    expect(JSON.stringify(messages)).not.toContain('sk-ant-oat01-invented')
  })
})
