import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { startFakePlatform } from '../gateway/fake-platforms.ts'
import { makePlace, runRealAgent } from '../gateway/real-agent.ts'
import { readAll, send } from '../gateway/support.ts'
import { call, scratchFolder, start, type CallOptions } from './command-line.ts'

const acme = 'wk_acme_0123456789abcdef'
const other = 'wk_other_0123456789abcdef'
const hello = { model: 'claude-opus-5-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }

function scriptFile(script: unknown): string {
  const path = join(scratchFolder(), 'script.yaml')
  writeFileSync(path, JSON.stringify(script))
  return path
}

const greeting = { rules: [{ reply: 'hi there' }] }
const slow = { rules: [{ reply: { text: 'one two three four five six seven eight', chunkDelayMs: 150 } }] }

/** The real command, listening. */
async function serve(script: unknown, { args = [], env = {} }: { args?: string[]; env?: CallOptions['env'] } = {}) {
  const tokens = { PERDURE_GATEWAY_TOKENS: `acme/prod ${acme}, other/dev ${other}` }
  const flags = ['--listen', '127.0.0.1:0', '--script', scriptFile(script), ...args]
  const started = start(['gateway', ...flags], { env: { ...tokens, ...env } })
  onTestFinished(() => void started.process.kill('SIGKILL'))
  await started.shows('listens at')
  const address = /listens at (\S+)/.exec(started.output.stdout)![1]!
  const client = (authToken: string) => new Anthropic({ baseURL: address, authToken, apiKey: null, maxRetries: 2 })
  const log = (): Record<string, unknown>[] =>
    started.output.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { ...started, address, client, log }
}

describe('perdure gateway', () => {
  test('serves messages, token counts, models and its health, and tells of each request in a line', async () => {
    const { address, client, log, output } = await serve(greeting)
    const streamed = await client(acme).messages.stream(hello).finalMessage()
    expect(streamed.content).toMatchObject([{ text: 'hi there' }])
    expect((await client(other).messages.create(hello)).content).toMatchObject([{ text: 'hi there' }])
    const { messages } = hello
    expect((await client(acme).messages.countTokens({ model: 'm', messages })).input_tokens).toBeGreaterThan(0)
    expect((await client(acme).models.list()).data.length).toBeGreaterThan(0)
    const health = await send(`${address}/healthz`, { method: 'GET' })
    expect([health.statusCode, (await readAll(health)).toString()]).toEqual([200, '{"status":"ok"}'])
    await vi.waitFor(() => expect(log()).toHaveLength(4))
    expect(log()[0]).toMatchObject({
      tenant: 'acme/prod',
      path: '/v1/messages',
      status: 200,
      end: 'complete',
      model: 'claude-opus-5-5',
      output_tokens: streamed.usage.output_tokens,
      request_id: expect.stringMatching(/^req_/) as string,
    })
    expect(log()[1]).toMatchObject({ tenant: 'other/dev' })
    for (const secret of [acme, other, 'hi there']) expect(output.stdout + output.stderr).not.toContain(secret)
  })

  test('carries real agents of two workers, each with its own token', { timeout: 60_000 }, async () => {
    const turns = [{ tools: [{ name: 'Bash', input: { command: 'echo through-both' } }] }, 'done: {{toolResult}}']
    const rules = [
      { when: { request: 1 }, reply: turns[0] },
      { when: { request: 2 }, reply: turns[1] },
    ]
    const { address, log } = await serve({ rules })
    const places = [makePlace(), makePlace()]
    onTestFinished(() => places.forEach((place) => place.remove()))
    const runs = await Promise.all(
      [acme, other].map((authToken, index) =>
        runRealAgent({
          place: places[index]!,
          upstream: createAnthropicUpstream({ credentials: { authToken }, baseUrl: address }),
        }),
      ),
    )
    for (const { result, text } of runs) {
      expect(result).toMatchObject({ subtype: 'success', is_error: false })
      expect(text).toContain('through-both')
    }
    const tenants = log().map(({ tenant }) => tenant)
    expect(tenants.filter((tenant) => tenant === 'acme/prod').length).toBeGreaterThanOrEqual(2)
    expect(tenants.filter((tenant) => tenant === 'other/dev').length).toBeGreaterThanOrEqual(2)
  })

  test('refuses a wrong token once and for all: neither client nor agent asks again', { timeout: 60_000 }, async () => {
    const { address, client, log } = await serve(greeting)
    await expect(client('wk_wrong_0123456789abcdef').messages.create(hello)).rejects.toMatchObject({ status: 401 })
    await vi.waitFor(() => expect(log()).toHaveLength(1))
    expect(log()[0]).toMatchObject({ tenant: null, status: 401 })
    const place = makePlace()
    onTestFinished(() => place.remove())
    const direct = { ANTHROPIC_BASE_URL: address, ANTHROPIC_AUTH_TOKEN: 'wk_wrong_0123456789abcdef' }
    const { result } = await runRealAgent({ place, env: direct })
    expect(result).toMatchObject({ is_error: true })
    expect(log().length).toBeLessThanOrEqual(3)
  })

  test('told to end, lets a stream finish, and takes nothing new', async () => {
    const { client, process: child, ended, address } = await serve(slow)
    const stream = client(acme).messages.stream(hello)
    await stream.emitted('text')
    child.kill('SIGTERM')
    await vi.waitFor(() => expect(send(`${address}/healthz`, { method: 'GET' })).rejects.toThrow('ECONNREFUSED'))
    expect((await stream.finalMessage()).content).toMatchObject([{ text: 'one two three four five six seven eight' }])
    expect((await ended).exitCode).toBe(0)
  })

  test.each([
    ['that does not end in time', ['--drain-seconds', '1'], 1],
    ['when told again', [], 2],
  ])('cuts a stream %s, and says so', async (_when, args, times) => {
    const {
      client,
      process: child,
      ended,
    } = await serve({ rules: [{ reply: { text: 'one two', stallAfterEvents: 3 } }] }, { args })
    const stream = client(acme).messages.stream(hello)
    const failed = stream.done().catch((error: unknown) => error)
    await stream.emitted('text')
    for (let time = 1; time <= times; time++) {
      child.kill('SIGTERM')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const { exitCode, stderr } = await ended
    expect(exitCode).toBe(1)
    expect(stderr).toContain('Cut before their end: 1 requests.')
    expect(await failed).toBeInstanceOf(Error)
  })

  test('heeds a changed file of tokens, and keeps the former list when the new one is wrong', async () => {
    const file = join(scratchFolder(), 'tokens')
    writeFileSync(file, `# workers\nacme/prod ${acme}\n`)
    const { client, log } = await serve(greeting, { args: ['--tokens', file], env: { PERDURE_GATEWAY_TOKENS: '' } })
    await expect(client(other).messages.create(hello)).rejects.toMatchObject({ status: 401 })
    writeFileSync(file, `other/dev ${other}\n`)
    await vi.waitFor(() => client(other).messages.create(hello), { timeout: 5000, interval: 200 })
    await expect(client(acme).messages.create(hello)).rejects.toMatchObject({ status: 401 })
    writeFileSync(file, `other/dev ${acme} too-many-words\n`)
    await vi.waitFor(
      async () => {
        await client(other).messages.create(hello)
        expect(log().find(({ message }) => message === 'warning')).toMatchObject({
          text: expect.stringContaining('The former worker tokens stay in force.') as string,
        })
      },
      { timeout: 5000, interval: 200 },
    )
  })

  test('sends each worker’s requests with the key of its tenant', async () => {
    const keys: string[] = []
    const api = await startFakePlatform(({ headers }, outgoing) => {
      keys.push(String(headers['x-api-key']))
      const error = { type: 'error', error: { type: 'not_found_error', message: 'no such model' } }
      outgoing.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(error))
    })
    onTestFinished(() => api.close())
    const cwd = scratchFolder()
    const main = { env: 'MAIN_KEY', baseUrl: api.url }
    const own = { env: 'ACME_KEY', baseUrl: api.url, tenants: ['acme/*'] }
    writeFileSync(join(cwd, 'perdure.config.json'), JSON.stringify({ model: { keys: { main, acme: own } } }))
    const tokens = { PERDURE_GATEWAY_TOKENS: `acme/prod ${acme}, other/dev ${other}` }
    const env = { ...tokens, MAIN_KEY: 'key-of-all-0123456789', ACME_KEY: 'key-of-acme-0123456789' }
    const started = start(['gateway', '--listen', '127.0.0.1:0'], { cwd, env })
    onTestFinished(() => void started.process.kill('SIGKILL'))
    await started.shows('listens at')
    const baseURL = /listens at (\S+)/.exec(started.output.stdout)![1]!
    for (const authToken of [acme, other]) {
      const client = new Anthropic({ baseURL, authToken, apiKey: null, maxRetries: 0 })
      await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 404 })
    }
    expect(keys).toEqual(['key-of-acme-0123456789', 'key-of-all-0123456789'])
    expect(started.output.stderr).not.toMatch(/key-of|wk_/)
  })

  test('listens at a socket too', async () => {
    const socketPath = join(scratchFolder(), 'private', 'gateway.sock')
    const flags = ['gateway', '--listen', socketPath, '--script', scriptFile(greeting)]
    const started = start(flags, { env: { PERDURE_GATEWAY_TOKENS: `acme/prod ${acme}` } })
    onTestFinished(() => void started.process.kill('SIGKILL'))
    await started.shows(`listens at ${socketPath}`)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${acme}` }
      httpRequest({ socketPath, path: '/v1/models', headers }, resolve).on('error', reject).end()
    })
    expect(answer.statusCode).toBe(200)
    answer.resume()
    started.process.kill('SIGINT')
    expect((await started.ended).exitCode).toBe(0)
  })
})

describe('perdure gateway refuses to start', () => {
  const secret = (lines: string) => ({ PERDURE_GATEWAY_TOKENS: lines })
  const tokens = secret(`acme/prod ${acme}`)

  interface Refused {
    readonly why: string
    readonly args?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
    readonly text: string
    readonly exitCode?: number
  }
  const refused: readonly Refused[] = [
    { why: 'without tokens', text: 'has no worker tokens' },
    { why: 'with a token that can be guessed', env: secret('acme/prod secret'), text: 'at least 20 characters' },
    { why: 'with tokens for nobody', env: secret(acme), text: 'line 1: a line is' },
    { why: 'with a file that is not there', args: ['--tokens', '/nowhere/tokens'], text: '/nowhere/tokens' },
    { why: 'for other machines', args: ['--listen', '0.0.0.0:0'], env: tokens, text: '--allow-remote' },
    { why: 'without a key', env: tokens, text: 'credentials_missing', exitCode: 6 },
    {
      why: 'with a person’s login alone',
      env: { ...tokens, CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-invented' },
      text: 'credentials_missing',
      exitCode: 6,
    },
  ]

  test.each(refused)('$why', async ({ args = ['--listen', '127.0.0.1:0'], env = {}, text, exitCode = 2 }) => {
    const ended = await call(['gateway', ...args], { env })
    expect(ended.stderr).toContain(text)
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
  })
})
