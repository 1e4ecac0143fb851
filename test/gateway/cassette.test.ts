import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic, { APIError } from '@anthropic-ai/sdk'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { rememberSecret } from '../../src/domain/known-secrets.ts'
import { CassetteRecorder } from '../../src/gateway/cassette/cassette-recorder.ts'
import { readCassette } from '../../src/gateway/cassette/read-cassette.ts'
import { recordingUpstream } from '../../src/gateway/cassette/recording-upstream.ts'
import {
  createReplayUpstream,
  type ReplayUpstreamOptions,
} from '../../src/gateway/upstreams/cassette/create-replay-upstream.ts'
import { createScriptUpstream } from '../../src/gateway/upstreams/script/create-script-upstream.ts'
import type { Script } from '../../src/gateway/upstreams/script/script.ts'
import type { ModelGateway, ModelUpstream, UpstreamRequest } from '../../src/ports/model-gateway.ts'
import { scratchFolder } from '../support/scratch.ts'
import { openGateway, plainUpstream } from './support.ts'

const gateways: ModelGateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close()
})

async function clientOf(upstream: ModelUpstream): Promise<Anthropic> {
  const { gateway, run } = await openGateway(upstream)
  gateways.push(gateway)
  return new Anthropic({ baseURL: run.baseUrl, authToken: run.token, apiKey: null, maxRetries: 0 })
}

const ask = (words: string) => ({
  model: 'claude-opus-5-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: words }],
})

/** What a client saw of an exchange, an error included. */
async function said(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked
  } catch (error) {
    return error instanceof APIError ? { status: error.status, error: error.error } : String(error)
  }
}

/** Does the same with a recording client and with one that hears the recording. */
async function twice(script: Script, talk: (client: Anthropic) => Promise<unknown>) {
  const path = join(scratchFolder(), 'cassette')
  const live = await talk(
    await clientOf(recordingUpstream(createScriptUpstream(script), new CassetteRecorder({ path }))),
  )
  const replay = createReplayUpstream({ path })
  return { path, live, replayed: await talk(await clientOf(replay)), report: replay.report() }
}

const bodyOf = (body: unknown, headers = {}): UpstreamRequest => ({
  method: 'POST',
  path: '/v1/messages?beta=true',
  headers: { 'x-claude-code-session-id': '6f1f0c4e-0000-4000-8000-5a0f3a0b7c11', ...headers },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  signal: new AbortController().signal,
})

async function read(upstream: ModelUpstream, request: UpstreamRequest) {
  const { status, headers, body } = await upstream.handle(request)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return { status, headers, bytes: Buffer.concat(chunks), text: Buffer.concat(chunks).toString() }
}

function recorder(path = join(scratchFolder(), 'cassette')) {
  const upstream = (inner: ModelUpstream, options = {}) =>
    recordingUpstream(inner, new CassetteRecorder({ path, ...options }))
  const replay = (options: Partial<ReplayUpstreamOptions> = {}) => createReplayUpstream({ path, ...options })
  return { path, upstream, replay }
}

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(path, name)).isFile())

describe('what was recorded is replayed to the official client', () => {
  it('streamed and in one piece, with ids and usage', async () => {
    const turns = [{ thinking: 'hm', text: 'Grüße 🎭', tool: { name: 'Bash', input: { command: 'ls' } } }, 'whole']
    const { live, replayed, report } = await twice({ turns }, async (client) => [
      await client.messages.stream(ask('one')).finalMessage(),
      await client.messages.create(ask('two')),
    ])
    expect(replayed).toEqual(live)
    expect(report).toEqual({ played: 2, recorded: 2, unplayed: [], divergence: null, recordedAnswer: null })
  })

  it.each([400, 401, 429, 500, 529])('errors with status %i, with what says when to come again', async (status) => {
    const error = { status, message: 'no', retryAfterSeconds: 7, shouldRetry: false } as const
    const { live, replayed } = await twice({ turns: [{ error }] }, async (client) => {
      const failure: unknown = await client.messages.create(ask('one')).catch((thrown: unknown) => thrown)
      const { headers, error: body } = failure as APIError
      return { body, after: headers?.get('retry-after'), should: headers?.get('x-should-retry') }
    })
    expect(replayed).toEqual(live)
    expect(live).toMatchObject({ after: '7' })
  })

  it.each([{ cutAfterEvents: 4 }, { endEarlyAfterEvents: 4 }, { errorEventAfter: 4 }])(
    'streams with %j',
    async (fault) => {
      const { live, replayed } = await twice({ turns: [{ text: 'never quite whole', ...fault }] }, async (client) => {
        const texts: string[] = []
        const stream = client.messages.stream(ask('one')).on('text', (text) => texts.push(text))
        return [await said(stream.finalMessage()), texts]
      })
      expect(replayed).toEqual(live)
    },
  )

  it('counted tokens and the list of models', async () => {
    const { live, replayed } = await twice({ turns: ['x'] }, async (client) => [
      await client.messages.countTokens({ model: 'm', messages: [{ role: 'user', content: 'how many' }] }),
      (await client.models.list()).data,
    ])
    expect(replayed).toEqual(live)
  })

  it('asked for the features that the recorded service knew', async () => {
    const { upstream, replay } = recorder()
    await read(upstream({ ...createScriptUpstream({ turns: ['x'] }), betas: 'stable' }), bodyOf(ask('a')))
    expect(replay().betas).toBe('stable')
  })

  it('an upstream that could not be reached', async () => {
    const { upstream, replay } = recorder()
    const broken = plainUpstream(() => Promise.reject(new Error('no route'))).upstream
    const live = await said((await clientOf(upstream(broken))).messages.create(ask('one')))
    expect(live).toMatchObject({ status: 502 })
    expect(await said((await clientOf(replay())).messages.create(ask('one')))).toMatchObject({ status: 502 })
  })
})

describe('a cassette', () => {
  it('gives back any answer byte by byte, whatever it is', async () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 404, 529),
      type: fc.constantFrom('text/event-stream', 'application/json', 'application/octet-stream'),
      chunks: fc.array(fc.uint8Array({ minLength: 1 }), { maxLength: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.jsonValue(), answer), { minLength: 1, maxLength: 4 }),
        async (exchanges) => {
          const { upstream, replay } = recorder()
          const answers = exchanges.map(([, { status, type, chunks }]) => ({
            status,
            headers: { 'content-type': type },
            body: (async function* () {
              yield* chunks
            })(),
          }))
          const inner: ModelUpstream = { name: 'any', handle: async () => answers.shift()! }
          const recording = upstream(inner)
          const ask = ([body]: (typeof exchanges)[number]) => bodyOf({ messages: [{ role: 'user', content: [body] }] })
          for (const exchange of exchanges) await read(recording, ask(exchange))
          const replaying = replay()
          for (const exchange of exchanges) {
            const { status, bytes } = await read(replaying, ask(exchange))
            expect({ status, bytes }).toEqual({ status: exchange[1].status, bytes: Buffer.concat(exchange[1].chunks) })
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('passes a stream on as it comes, and has it on the disk before its end is seen', async () => {
    const { path, upstream } = recorder()
    let pulled = 0
    const inner = plainUpstream(() => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: (async function* () {
        for (; pulled < 3; pulled++) yield Buffer.from(`data: ${pulled}\n\n`)
      })(),
    })).upstream
    const { body } = await upstream(inner).handle(bodyOf(ask('one')))
    const chunks = body[Symbol.asyncIterator]()
    await chunks.next()
    expect(pulled).toBe(0)
    await chunks.next()
    await chunks.next()
    expect(() => readCassette(path)).toThrow('no cassette')
    expect((await chunks.next()).done).toBe(true)
    expect(readCassette(path).exchanges).toHaveLength(1)
  })

  it('is readable up to where a kill cut it', async () => {
    const { path, upstream, replay } = recorder()
    const recording = upstream(createScriptUpstream({ turns: ['one', 'two'] }))
    for (const words of ['a', 'b']) await read(recording, bodyOf(ask(words)))
    const manifest = readFileSync(join(path, 'cassette.jsonl'), 'utf8')
    for (const length of [manifest.length - 1, manifest.length - 300]) {
      writeFileSync(join(path, 'cassette.jsonl'), manifest.slice(0, length))
      expect(replay().report()).toMatchObject({ recorded: 1, unplayed: ['main 1'] })
      expect((await read(replay(), bodyOf(ask('a')))).text).toContain('one')
    }
  })

  it('that is missing, newer, edited or incomplete is refused with what is wrong', async () => {
    const { path, upstream, replay } = recorder()
    expect(() => replay()).toThrow(`There is no cassette at ${path}`)
    await read(upstream(createScriptUpstream({ turns: ['one'] })), bodyOf(ask('a')))
    const manifest = join(path, 'cassette.jsonl')
    const text = readFileSync(manifest, 'utf8')
    const refused = (changed: string, words: string) => {
      writeFileSync(manifest, changed)
      expect(() => replay()).toThrow(
        expect.objectContaining({ code: 'cassette_invalid', message: expect.stringContaining(words) }),
      )
    }
    refused(text.replace('"version":1', '"version":2'), 'has version 2')
    refused(text.replace('"index":1', '"index":0'), 'cassette.jsonl:2.index')
    refused(text.replace('{', ''), 'cassette.jsonl:1: not JSON')
    refused(text.split('\n').slice(1).join('\n'), 'does not begin')
    writeFileSync(manifest, text)
    const body = readCassette(path).exchanges[0]!.answer!.body
    writeFileSync(join(path, 'bodies', body), 'other')
    await expect(read(replay(), bodyOf(ask('a')))).rejects.toThrow('was changed after it was recorded')
  })

  it('is not recorded over anything else', async () => {
    const folder = scratchFolder()
    const refused = (path: string, words: string) =>
      expect(() => new CassetteRecorder({ path })).toThrow(
        expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(words) }),
      )
    mkdirSync(join(folder, 'bodies'))
    expect(new CassetteRecorder({ path: folder }).failure).toBeNull()
    writeFileSync(join(folder, 'bodies', 'novel.txt'), 'years of work')
    refused(folder, 'bodies/novel.txt lies there')
    refused(join(folder, 'bodies'), 'novel.txt lies there')
    refused(join(folder, 'bodies', 'novel.txt'), 'no folder for a cassette')
    const { path, upstream, replay } = recorder()
    for (const text of ['one', 'two']) await read(upstream(createScriptUpstream({ turns: [text] })), bodyOf(ask('a')))
    expect((await read(replay(), bodyOf(ask('a')))).text).toContain('two')
    expect(filesOf(path).filter((name) => name.endsWith('.json'))).toHaveLength(2)
  })

  it('holds no secret and no path of the machine, in requests, answers and tool results', async () => {
    const secret = 'hunter2-horse-battery'
    rememberSecret(secret)
    const key = 'sk-ant-api03-abcdefghijklmnop'
    const { path, upstream, replay } = recorder()
    const place = { places: { workingDirectory: '/srv/alice/project', home: '/srv/alice' } }
    const turns = [
      {
        text: `the key is ${key} in /srv/alice/project/.env`,
        tool: { name: 'Bash', input: { command: `echo ${secret} > /srv/alice/project/x` } },
      },
    ]
    const question = ask(`my password is ${secret}, see /srv/alice/project/a and /srv/alice/b`)
    await read(
      upstream(createScriptUpstream({ turns }), place),
      bodyOf({ ...question, stream: true }, { authorization: key }),
    )
    for (const file of filesOf(path)) {
      const content = readFileSync(join(path, file), 'utf8')
      for (const word of [secret, key, 'alice', Buffer.from(secret).toString('base64')])
        expect(content).not.toContain(word)
    }
    const elsewhere = { places: { workingDirectory: '/home/bob/work', home: '/home/bob' } }
    const moved = ask(`my password is ${secret}, see /home/bob/work/a and /home/bob/b`)
    const client = await clientOf(replay(elsewhere))
    const { content } = await client.messages
      .stream(moved, { headers: { 'x-claude-code-session-id': 's' } })
      .finalMessage()
    expect(content).toMatchObject([
      { text: 'the key is [redacted] in /home/bob/work/.env' },
      { input: { command: 'echo [redacted] > /home/bob/work/x' } },
    ])
  })
})
