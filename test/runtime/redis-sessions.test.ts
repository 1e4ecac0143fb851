import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSession, openSession, RedisStorage, type LoggedEvent, type TurnOptions } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'

const turn = (script: Script): TurnOptions & { upstream: ReturnType<typeof scriptedModel> } => ({
  upstream: scriptedModel(script),
  tools: ['Bash'],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
  env: { IS_SANDBOX: '1' },
})

requires('redis').describe('sessions in Redis', () => {
  let server: TestRedisServer
  beforeAll(async () => {
    server = await TestRedisServer.start()
  })
  afterAll(() => server.close())

  it('are run within budgets, resumed with nothing but the server, and forked', async () => {
    const redisClient = createClient({ url: server.url })
    await redisClient.connect()
    const first = new RedisStorage(redisClient)
    const session = await createSession({ storage: first, ttl: 3600, cwd: scratchFolder() })
    await session.setBudget({ maxCostUSD: 5 })
    const options = turn({ turns: ['My word is heron.'] })
    const outcome = await session.run('Choose a word.', { ...options, budget: { maxCostUSD: 1 } })
    expect(outcome).toMatchObject({ status: 'completed', text: 'My word is heron.' })
    await first.close()
    expect(await redisClient.ping()).toBe('PONG')
    await redisClient.close()

    // As another machine would: nothing in common but the server.
    const second = new RedisStorage(server.url)
    const resumed = await (await openSession(session.id, { storage: second })).resume()
    expect(resumed.record).toMatchObject({ status: 'idle', ttlSeconds: 3600 })
    const fork = await resumed.fork('experimental-branch')
    for (const one of [resumed, fork]) {
      const again = turn({ rules: [{ reply: 'Heron.' }] })
      expect(await one.run('Which word?', again)).toMatchObject({ status: 'completed', text: 'Heron.' })
      expect(JSON.stringify(again.upstream.requests.at(-1)?.body)).toContain('My word is heron.')
    }
    expect((await resumed.state()).turns).toBe(2)
    expect(fork.record).toMatchObject({ title: 'experimental-branch', parent: { sessionId: session.id } })
    const { ledger } = (await second.open()).workspace({ organizationId: 'default', workspaceId: 'default' })
    const [budget] = (await ledger.budgets()).filter(({ scope }) => scope === 'session')
    const [costs] = await ledger.costs()
    // The session's budget holds for its fork too.
    expect(budget).toMatchObject({ id: session.id, spentNanoUsd: costs!.costNanoUsd, reservedNanoUsd: 0n })
    expect(costs!.calls).toBeGreaterThanOrEqual(3)
    await second.close()
  })

  it('outlive a kill of the server in the middle of a run, and so do those who follow', async () => {
    const following = new RedisStorage(server.url)
    const session = await createSession({ storage: following })
    const seen: LoggedEvent[] = []
    const stop = new AbortController()
    const follower = (async () => {
      for await (const event of session.follow({ signal: stop.signal })) seen.push(event)
    })()
    const storage = new RedisStorage(server.url)
    const driven = await openSession(session.id, { storage })
    const run = driven.run(
      'Go.',
      turn({
        rules: [
          {
            when: { toolResult: false },
            reply: { text: 'Working.', tool: { name: 'Bash', input: { command: 'sleep 1; echo worked' } } },
          },
          { reply: 'Done.' },
        ],
      }),
    )
    for await (const event of run) {
      if (event.type !== 'agent.tool_use') continue
      await server.kill()
      await server.start()
    }
    expect(await run).toMatchObject({ status: 'completed', text: 'Done.' })
    const log = await driven.events()
    expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
    while (seen.length < log.length) await new Promise((resolve) => setTimeout(resolve, 50))
    stop.abort()
    await follower
    expect(seen).toEqual(log)
    await Promise.all([storage.close(), following.close()])
  })
})
