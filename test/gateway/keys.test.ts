import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newRunId } from '../../src/domain/ids.ts'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import type { Credential, CredentialSource } from '../../src/gateway/credentials/credential-source.ts'
import { createKeyedUpstream, type ModelKey } from '../../src/gateway/credentials/keyed-upstream.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { ModelUpstream } from '../../src/ports/model-gateway.ts'

/** A service that takes these keys, and remembers which were shown to it. */
async function startService(accepted: () => readonly string[]) {
  const shown: string[] = []
  const server = createServer((incoming, outgoing) => {
    const key = String(incoming.headers['x-api-key'])
    shown.push(key)
    incoming.resume().on('end', () => outgoing.writeHead(accepted().includes(key) ? 200 : 401).end('{}'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { shown, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A source with a new value for each time that the last one was refused. */
function rotating(...values: string[]): CredentialSource & { refusals: number } {
  return {
    description: 'test',
    refusals: 0,
    read: async () => ({ apiKey: values[0]! }),
    refused() {
      this.refusals++
      if (values.length > 1) values.shift()
    },
  }
}

async function ask(upstream: ModelUpstream, tenant?: { organizationId: string; workspaceId: string }) {
  const answer = await upstream.handle({
    method: 'POST',
    path: '/v1/messages',
    headers: {},
    body: Buffer.from('{}'),
    signal: new AbortController().signal,
    ...(tenant === undefined ? {} : { origin: { runId: newRunId(), ...tenant } }),
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, text: Buffer.concat(chunks).toString('utf8') }
}

const closing = <Upstream extends ModelUpstream>(upstream: Upstream): Upstream => {
  onTestFinished(async () => upstream.close?.())
  return upstream
}

describe('a key that the service refuses', () => {
  test('is asked for anew, and the request made once more', async () => {
    const { url, shown } = await startService(() => ['new'])
    const credentials = rotating('old', 'new')
    const upstream = closing(createAnthropicUpstream({ credentials, baseUrl: url }))
    expect(await ask(upstream)).toMatchObject({ status: 200 })
    expect(await ask(upstream)).toMatchObject({ status: 200 })
    expect(shown).toEqual(['old', 'new', 'new'])
  })

  test('is not tried again when the source has no other, nor a third time', async () => {
    const { url, shown } = await startService(() => [])
    const same = closing(createAnthropicUpstream({ credentials: rotating('only'), baseUrl: url }))
    expect(await ask(same)).toMatchObject({ status: 401 })
    const many = closing(createAnthropicUpstream({ credentials: rotating('a', 'b', 'c'), baseUrl: url }))
    expect(await ask(many)).toMatchObject({ status: 401 })
    expect(shown).toEqual(['only', 'a', 'b'])
  })

  test('or that is missing is an answer to the agent; a source that does not answer is not', async () => {
    const failing = (code: 'credentials_missing' | 'credentials_failed'): CredentialSource => ({
      description: 'test',
      read: () => Promise.reject(new PerdureError(code, 'No key today.')),
    })
    const missing = closing(createAnthropicUpstream({ credentials: failing('credentials_missing') }))
    expect(await ask(missing)).toMatchObject({ status: 401, text: expect.stringContaining('No key today.') as string })
    const failed = closing(createAnthropicUpstream({ credentials: failing('credentials_failed') }))
    await expect(ask(failed)).rejects.toMatchObject({ code: 'credentials_failed' })
  })
})

const key = (name: string, tenants?: readonly string[], baseUrl?: string): ModelKey => ({
  name,
  source: { description: name, read: async (): Promise<Credential> => ({ apiKey: name }) },
  ...(tenants === undefined ? {} : { tenants }),
  ...(baseUrl === undefined ? {} : { baseUrl }),
})

describe('of several keys', () => {
  test('each tenant uses its own, the exact name first, and the rest the one without tenants', async () => {
    const { url, shown } = await startService(() => ['main', 'acme', 'special', 'lab'])
    const wrapped: string[] = []
    const upstream = closing(
      createKeyedUpstream({
        keys: [
          key('main', undefined, url),
          key('acme', ['acme/*'], url),
          key('special', ['acme/special'], url),
          key('lab', ['default/lab-*'], url),
        ],
        wrap: (name, inner) => {
          wrapped.push(name)
          return inner
        },
      }),
    )
    const tenants = [
      ['acme', 'one'],
      ['acme', 'special'],
      ['default', 'lab-7'],
      ['default', 'label'],
      ['acmee', 'one'],
    ] as const
    for (const [organizationId, workspaceId] of tenants) await ask(upstream, { organizationId, workspaceId })
    await ask(upstream)
    expect(shown).toEqual(['acme', 'special', 'lab', 'main', 'main', 'main'])
    expect(wrapped).toEqual(['main', 'acme', 'special', 'lab'])
  })

  test('a tenant without a key is told so, and no key is shown to anybody', async () => {
    const { url, shown } = await startService(() => ['acme'])
    const upstream = closing(createKeyedUpstream({ keys: [key('acme', ['acme/*'], url)] }))
    const stranger = { organizationId: 'default', workspaceId: 'default' }
    expect(await ask(upstream, stranger)).toMatchObject({ status: 401 })
    expect(await ask(upstream)).toMatchObject({ status: 401 })
    expect(() => upstream.keyOf(stranger)).toThrow(expect.objectContaining({ code: 'credentials_missing' }) as Error)
    expect(shown).toEqual([])
  })

  test('no more than one may be without tenants', () => {
    expect(() => createKeyedUpstream({ keys: [key('a'), key('b')] })).toThrow(/a, b/)
  })

  test('one that has tenants is never used by another', () => {
    const id = fc.stringMatching(/^[ab.*]{1,3}$/)
    const tenant = fc.record({ organizationId: id, workspaceId: id })
    const pattern = fc.tuple(id, id).map((pair) => pair.join('/'))
    fc.assert(
      fc.property(tenant, fc.array(fc.array(pattern, { minLength: 1 })), (asking, owners) => {
        const keys = owners.map((tenants, index) => key(`key-${index}`, tenants))
        const upstream = createKeyedUpstream({ keys: [...keys, key('rest')] })
        const chosen = upstream.keyOf(asking)
        const isOwner = ({ tenants = [] }: ModelKey): boolean =>
          tenants.some((owner) => globMatches(owner, `${asking.organizationId}/${asking.workspaceId}`))
        expect(chosen.name === 'rest' ? !keys.some(isOwner) : isOwner(chosen)).toBe(true)
      }),
    )
  })
})

/** By another way than the one under test: letter by letter. */
function globMatches(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] !== '*') return pattern[0] === text[0] && globMatches(pattern.slice(1), text.slice(1))
  return globMatches(pattern.slice(1), text) || (text !== '' && text[0] !== '/' && globMatches(pattern, text.slice(1)))
}
