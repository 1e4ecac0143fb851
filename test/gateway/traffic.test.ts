import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Credential } from '../../src/gateway/credentials/credential-source.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { startStandaloneGateway } from '../../src/gateway/standalone/start-standalone-gateway.ts'
import { openWorkerTokens } from '../../src/gateway/standalone/worker-tokens.ts'
import { guardedUpstream, trafficOf, type UpstreamGuard } from '../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import type { GatewayRun } from '../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import { defaultRetryPolicies } from '../../src/ports/retry-policy.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { testAccount } from './billing/run-account.ts'
import { readAll, send } from './support.ts'

const workerToken = 'wk_0123456789abcdef0123'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Arrival {
  readonly atMs: number
  readonly tenant: string
  readonly inFlight: number
}

type Answer = (outgoing: ServerResponse) => unknown

/** A service on loopback that notes who comes when. */
async function startService(answer: Answer): Promise<{ url: string; arrivals: Arrival[] }> {
  const arrivals: Arrival[] = []
  let inFlight = 0
  const server = createServer((incoming, outgoing) => {
    inFlight += 1
    outgoing.once('close', () => (inFlight -= 1))
    void readAll(incoming).then((body) => {
      const tenant = /tenant-\w/.exec(body.toString())?.[0] ?? ''
      arrivals.push({ atMs: performance.now(), tenant, inFlight })
      answer(outgoing)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals }
}

const message = (outgoing: ServerResponse): void => {
  outgoing.writeHead(200, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ type: 'message', id: 'msg_1', model: 'm', content: [], usage: {} }))
}

const refuse = (outgoing: ServerResponse, status: number, headers: Record<string, string> = {}): void => {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
  outgoing.end(JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message: 'too many' } }))
}

interface TenantRun {
  readonly run: GatewayRun
  readonly seen: ModelObservation[]
  ask(): Promise<number>
}

/** A gateway before the service, and runs of tenants behind it. */
function openGateway(url: string, guard: UpstreamGuard = {}, credentials: Credential = { apiKey: 'k' }) {
  const upstream = createAnthropicUpstream({ credentials, baseUrl: url })
  const gateway = createModelGateway({ defaultUpstream: guardedUpstream(upstream, guard) })
  cleanups.push(() => gateway.close())
  const openRun = async (tenant: string): Promise<TenantRun> => {
    const scope = { organizationId: 'org', workspaceId: tenant }
    const { runId, account } = testAccount({ ledger: openMemoryStorage().workspace(scope).ledger })
    const seen: ModelObservation[] = []
    const run = await gateway.openRun({
      runId,
      observe: (observation) => seen.push(observation),
      account: () => ({ ...account, ...scope }),
      retry: { policy: { ...defaultRetryPolicies.modelRequest, initialDelayMs: 10 }, hasFallbackModel: false },
    })
    const ask = async (): Promise<number> => {
      const answer = await send(`${run.baseUrl}/v1/messages`, {
        headers: { authorization: `Bearer ${run.token}` },
        body: JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: tenant }] }),
      })
      await readAll(answer)
      return answer.statusCode!
    }
    return { run, seen, ask }
  }
  return { openRun, upstream }
}

describe('a service that throttles', () => {
  test('slows all runs of its key down together, and no request is lost', async () => {
    const wave: ServerResponse[] = []
    const { url, arrivals } = await startService((outgoing) => {
      if (arrivals.length > 8) return message(outgoing)
      // All eight are under way before the first of them is answered.
      if (wave.push(outgoing) < 8) return
      wave.slice(4).forEach((one) => refuse(one, 429, { 'retry-after': '1' }))
      wave.slice(0, 4).forEach(message)
    })
    const { openRun, upstream } = openGateway(url)
    const runs = await Promise.all(['tenant-a', 'tenant-a', 'tenant-b', 'tenant-b'].map(openRun))
    const statuses = await Promise.all(runs.flatMap(({ ask }) => [ask(), ask()]))
    expect(statuses).toEqual(Array(8).fill(200))
    expect(arrivals).toHaveLength(12)
    expect(arrivals[8]!.atMs - arrivals[7]!.atMs).toBeGreaterThan(950)
    const { inFlight, waiting, models } = trafficOf(upstream)!
    expect({ inFlight, waiting }).toEqual({ inFlight: 0, waiting: 0 })
    // Half of what was too much, and a little more since.
    expect(models['m']!.window).toBeGreaterThanOrEqual(4)
    expect(models['m']!.window).toBeLessThan(8)
    const retries = runs.flatMap(({ seen }) => seen.filter(({ type }) => type === 'retrying'))
    expect(retries).toHaveLength(4)
    expect(retries[0]).toMatchObject({ attempt: 1, delayMs: 1_000, error: { code: 'rate_limited' } })
  })

  test('holds back also those who had not asked yet', async () => {
    let count = 0
    const { url, arrivals } = await startService((outgoing) => {
      count += 1
      if (count === 1) refuse(outgoing, 529, { 'retry-after': '1' })
      else message(outgoing)
    })
    const { openRun } = openGateway(url)
    const [first, second] = await Promise.all([openRun('tenant-a'), openRun('tenant-b')])
    const one = first.ask()
    while (count === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await Promise.all([one, second.ask()])).toEqual([200, 200])
    expect(arrivals).toHaveLength(3)
    expect(arrivals[1]!.atMs - arrivals[0]!.atMs).toBeGreaterThan(950)
    expect(second.seen.filter(({ type }) => type === 'waiting')).toMatchObject([{ reason: 'rate_limit' }])
  })

  test('is slowed down for before it refuses, when it says that nothing is left', async () => {
    const { url, arrivals } = await startService((outgoing) => {
      const reset = new Date(Date.now() + 1_000).toISOString()
      if (arrivals.length === 1) {
        outgoing.setHeader('anthropic-ratelimit-requests-remaining', '0')
        outgoing.setHeader('anthropic-ratelimit-requests-reset', reset)
        outgoing.sendDate = false
      }
      message(outgoing)
    })
    const { openRun } = openGateway(url)
    const { ask } = await openRun('tenant-a')
    expect([await ask(), await ask()]).toEqual([200, 200])
    expect(arrivals[1]!.atMs - arrivals[0]!.atMs).toBeGreaterThan(900)
  })
})

test('tenants take turns, however much one of them asks', async () => {
  const { url, arrivals } = await startService((outgoing) => setTimeout(() => message(outgoing), 10))
  const { openRun } = openGateway(url, { limits: { concurrency: 1 } })
  const [greedy, modest] = await Promise.all([openRun('tenant-a'), openRun('tenant-b')])
  const many = Array.from({ length: 12 }, () => greedy.ask())
  while (arrivals.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const few = Array.from({ length: 3 }, () => modest.ask())
  expect(await Promise.all([...many, ...few])).toEqual(Array(15).fill(200))
  expect(Math.max(...arrivals.map(({ inFlight }) => inFlight))).toBe(1)
  const lastOfModest = arrivals.findLastIndex(({ tenant }) => tenant === 'tenant-b')
  // In turns it is the eighth at the latest; whoever was under way when it came may stand before it.
  expect(lastOfModest).toBeLessThanOrEqual(8)
})

test('a worker hears from the gateway that holds the keys that it waits, and does not take it for silent', async () => {
  const { url, arrivals } = await startService((outgoing) => {
    if (arrivals.length === 1) refuse(outgoing, 429, { 'retry-after': '2' })
    else message(outgoing)
  })
  const central = await startStandaloneGateway({
    upstream: createAnthropicUpstream({ credentials: { apiKey: 'k' }, baseUrl: url }),
    tokens: await openWorkerTokens({ text: `org/tenant-a ${workerToken}`, onWarning: () => {} }),
    place: { port: 0 },
    log: () => {},
  })
  cleanups.push(() => central.stop(AbortSignal.abort()))
  const stall = { streamStartTimeoutMs: 1_400, firstByteTimeoutMs: 1_400 }
  const worker = () => openGateway(central.address, { stall }, { authToken: workerToken }).openRun('tenant-a')
  const [first, second] = await Promise.all([worker(), worker()])
  const one = first.ask()
  while (arrivals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await Promise.all([one, second.ask()])).toEqual([200, 200])
  expect(second.seen.filter(({ type }) => type === 'retrying')).toEqual([])
  expect(second.seen.filter(({ type }) => type === 'waiting').length).toBeGreaterThan(0)
})

test('who hangs up while waiting takes no place, and the service never hears of him', async () => {
  const { url, arrivals } = await startService((outgoing) => setTimeout(() => message(outgoing), 100))
  const { openRun, upstream } = openGateway(url, { limits: { concurrency: 1 } })
  const { run, ask } = await openRun('tenant-a')
  const first = ask()
  while (arrivals.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const hangUp = new AbortController()
  const second = send(`${run.baseUrl}/v1/messages`, {
    headers: { authorization: `Bearer ${run.token}` },
    body: JSON.stringify({ model: 'm', messages: [] }),
    signal: hangUp.signal,
  })
  while (trafficOf(upstream)!.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  hangUp.abort()
  await expect(second).rejects.toThrow()
  expect(await first).toBe(200)
  expect(await ask()).toBe(200)
  expect(arrivals).toHaveLength(2)
  expect(trafficOf(upstream)).toMatchObject({ inFlight: 0, waiting: 0 })
})
