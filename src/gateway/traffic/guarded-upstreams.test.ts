import { expect, test } from 'vitest'
import type { ModelUpstream } from '../../ports/model-gateway.ts'
import { apiErrorResponse, jsonResponse } from '../wire/api-error.ts'
import { guardedUpstream, trafficOf, withoutGuard } from './guarded-upstreams.ts'

const upstreamWith = (status: () => number): ModelUpstream & { asked: string[] } => {
  const asked: string[] = []
  return {
    name: 'plain',
    asked,
    async handle({ body }) {
      asked.push(Buffer.from(body).toString())
      const code = status()
      return code < 400 ? jsonResponse({ status: code, text: '{}' }) : apiErrorResponse({ status: code, message: 'no' })
    },
  }
}

const ask = async (upstream: ModelUpstream, model = 'm') => {
  const answer = await upstream.handle({
    method: 'POST',
    path: '/v1/messages?beta=true',
    headers: {},
    body: Buffer.from(JSON.stringify({ model, messages: [] })),
    signal: new AbortController().signal,
  })
  for await (const _ of answer.body) continue
  return answer
}

test('an upstream has one guard, whoever asks for it', () => {
  const upstream = upstreamWith(() => 200)
  const guarded = guardedUpstream(upstream)
  expect(guardedUpstream(upstream)).toBe(guarded)
  expect(guardedUpstream(guarded)).toBe(guarded)
  expect(guardedUpstream(upstreamWith(() => 200))).not.toBe(guarded)
})

test('one that guards by itself is left alone', () => {
  const upstream = withoutGuard(upstreamWith(() => 200))
  expect(guardedUpstream(upstream)).toBe(upstream)
})

test('its traffic can be seen', async () => {
  const upstream = upstreamWith(() => 429)
  expect(trafficOf(upstream)).toBeUndefined()
  await ask(guardedUpstream(upstream))
  expect(trafficOf(upstream)).toEqual({
    inFlight: 0,
    waiting: 0,
    models: { m: { inFlight: 0, window: 1, closedForMs: 0 } },
  })
})

test('a model that fails again and again is left alone, another one is asked on', async () => {
  let status = 500
  const upstream = upstreamWith(() => status)
  const guarded = guardedUpstream(upstream, { circuit: { failuresToOpen: 3, openMs: 60_000 } })
  for (let count = 0; count < 5; count += 1) await ask(guarded)
  expect(upstream.asked).toHaveLength(3)
  const refused = await ask(guarded)
  expect(refused.status).toBe(529)
  expect(refused.headers).toMatchObject({ 'x-perdure-circuit': 'open' })
  expect(Number(refused.headers['retry-after-ms'])).toBeGreaterThan(50_000)
  status = 200
  expect((await ask(guarded, 'other')).status).toBe(200)
})

test('a model that the service closes for long is refused at once, with the time that is left', async () => {
  let count = 0
  const upstream: ModelUpstream = {
    name: 'plain',
    handle: async () => {
      count += 1
      return apiErrorResponse({ status: 429, message: 'no', options: { headers: { 'retry-after': '3600' } } })
    },
  }
  const guarded = guardedUpstream(upstream)
  await ask(guarded)
  const refused = await ask(guarded)
  expect(count).toBe(1)
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '3600' } })
})
