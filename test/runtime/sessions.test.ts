import { describe, expect, it } from 'vitest'
import {
  createSession,
  deleteExpiredSessions,
  listSessions,
  MemoryStorage,
  openSession,
  runAgent,
  SqliteStorage,
  type RunAgentOptions,
  type StorageSource,
} from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const turn = (storage: StorageSource, script: Script, options: Partial<RunAgentOptions> = {}) => {
  const model = scriptedModel(script)
  return {
    model,
    run: runAgent({ prompt: 'Go.', storage, upstream: model, cwd: scratchFolder(), tools: ['Bash'], ...options }),
  }
}
const wireOf = (model: ReturnType<typeof scriptedModel>): string => JSON.stringify(model.requests.at(-1)?.body)

describe('a session', () => {
  it('is created, found again in its file, renamed, tagged, expired and deleted', async () => {
    const dataDirectory = scratchFolder()
    const session = await createSession({
      dataDirectory,
      title: 'first',
      tags: ['a'],
      metadata: { team: 'x' },
      ttl: 3600,
    })
    const storage = new SqliteStorage({ dataDirectory })
    const found = await openSession(session.id, { storage })
    expect(found.record).toMatchObject({ title: 'first', tags: ['a'], metadata: { team: 'x' }, ttlSeconds: 3600 })
    await found.rename('second')
    await found.tag(['b', 'c'])
    expect((await listSessions({ storage, tag: 'c' })).map(({ record }) => record.title)).toEqual(['second'])
    await found.expire(0.001)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await expect(openSession(session.id, { storage })).rejects.toMatchObject({ code: 'session_not_found' })
    expect(await deleteExpiredSessions({ storage })).toEqual([session.id])
    const other = await createSession({ storage })
    await other.delete()
    expect(await listSessions({ storage })).toEqual([])
    await storage.close()
  })

  it('keeps what is said to it while nobody runs it, for a run that says nothing itself', async () => {
    const storage = new MemoryStorage()
    const session = await createSession({ storage, cwd: scratchFolder() })
    await expect(session.send(' ')).rejects.toMatchObject({ code: 'invalid_request' })
    const said = await session.send('First this.')
    const model = scriptedModel({ rules: [{ reply: 'Done.' }] })
    expect(await session.run(undefined, { upstream: model })).toMatchObject({ status: 'completed', text: 'Done.' })
    expect(wireOf(model)).toContain('First this.')
    expect((await session.events()).filter(({ type }) => type === 'user.message')).toMatchObject([{ id: said }])
    await session.delete()
    await expect(session.send('Too late.')).rejects.toMatchObject({ code: 'session_not_found' })
  })

  it('is found by its id alone in the storage where this process made it, unless it is a tenant’s', async () => {
    const storage = new MemoryStorage()
    const upstream = scriptedModel({ rules: [{ reply: 'Here.' }] })
    const { id } = await createSession({ storage, cwd: scratchFolder(), ttl: 3600 })
    expect(await runAgent({ prompt: 'Where?', sessionId: id, upstream })).toMatchObject({ text: 'Here.' })
    expect((await openSession(id)).record.id).toBe(id)
    const elsewhere = { dataDirectory: scratchFolder() }
    await expect(openSession(id, elsewhere)).rejects.toMatchObject({ code: 'session_not_found' })
    const tenants = await createSession({ storage, workspaceId: 'theirs', cwd: scratchFolder() })
    await expect(openSession(tenants.id)).rejects.toMatchObject({ code: 'session_not_found' })
  })

  it('has a time to live, and lists have a length, that every storage can count', async () => {
    const storage = new MemoryStorage()
    const refused = { code: 'invalid_request' }
    const session = await createSession({ storage, ttl: 3600 })
    for (const seconds of [0, -1, NaN, Infinity, 1e300]) {
      await expect(createSession({ storage, ttl: seconds })).rejects.toMatchObject(refused)
      await expect(session.expire(seconds)).rejects.toMatchObject(refused)
    }
    expect((await openSession(session.id, { storage })).record.ttlSeconds).toBe(3600)
    for (const limit of [-1, 1.5, NaN]) await expect(listSessions({ storage, limit })).rejects.toMatchObject(refused)
    expect(await listSessions({ storage, limit: Infinity })).toHaveLength(1)
  })

  it('remembers over runs, from another folder and with nothing but its store', async () => {
    const storage = new MemoryStorage()
    const session = await createSession({ storage, ttl: 3600 })
    await turn(storage, { turns: ['My word is heron.'] }, { sessionId: session.id, prompt: 'Choose a word.' }).run
    const { run, model } = turn(
      storage,
      { rules: [{ reply: 'Heron.' }] },
      { sessionId: session.id, prompt: 'Which word?' },
    )
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'completed', text: 'Heron.', turns: 1 })
    expect(wireOf(model)).toMatch(/Choose a word.*My word is heron.*Which word/)
    const state = await session.state()
    expect(state).toMatchObject({ turns: 2, status: 'idle' })
    expect(Number(state.usage.costNanoUsd) / 1e9).toBeGreaterThan(outcome.costUsd)
  })

  it('counts the cost of each turn once, though the agent’s own total goes on over a resume', async () => {
    const storage = new MemoryStorage()
    const usage = {
      input_tokens: 1000,
      output_tokens: 100,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    }
    const script: Script = { rules: [{ reply: { text: 'Yes.', usage } }] }
    const first = await turn(storage, script).run
    const second = await turn(storage, script, { sessionId: first.sessionId }).run
    const third = await turn(storage, script, { sessionId: first.sessionId }).run
    expect(first.costUsd).toBeGreaterThan(0)
    expect([second.costUsd, third.costUsd]).toEqual([first.costUsd, first.costUsd])
  })

  it('forks: the copy knows what was said until then, and neither sees what the other says after', async () => {
    const storage = new MemoryStorage()
    const answering: Script = { rules: [{ reply: 'Noted.' }] }
    const { sessionId } = await turn(storage, answering, { prompt: 'Alpha.' }).run
    const session = await openSession(sessionId, { storage })
    const afterAlpha = (await session.events()).at(-1)!.sequence
    await turn(storage, answering, { sessionId, prompt: 'Bravo.' }).run
    const fork = await session.fork('experimental-branch', { at: afterAlpha })
    const late = await session.fork()
    expect(fork.record).toMatchObject({ title: 'experimental-branch', parent: { sessionId, atSequence: afterAlpha } })
    await session.delete()
    const early = turn(storage, answering, { sessionId: fork.id, prompt: 'Charlie.' })
    expect(await early.run).toMatchObject({ status: 'completed', sessionId: fork.id })
    expect(wireOf(early.model)).toMatch(/Alpha.*Charlie/)
    expect(wireOf(early.model)).not.toContain('Bravo')
    const whole = turn(storage, answering, { sessionId: late.id, fork: true, prompt: 'Delta.' })
    const outcome = await whole.run
    expect(outcome.sessionId).not.toBe(late.id)
    expect(wireOf(whole.model)).toMatch(/Alpha.*Bravo.*Delta/)
    expect(wireOf(whole.model)).not.toContain('Charlie')
  })

  it('that is a fork can be forked where it began, and still knows what it was born with', async () => {
    const storage = new MemoryStorage()
    const answering: Script = { rules: [{ reply: 'Noted.' }] }
    const { sessionId } = await turn(storage, answering, { prompt: 'Alpha.' }).run
    const fork = await (await openSession(sessionId, { storage })).fork()
    await turn(storage, answering, { sessionId: fork.id, prompt: 'Bravo.' }).run
    const again = await fork.fork('again', { at: 1 })
    const { run, model } = turn(storage, answering, { sessionId: again.id, prompt: 'Charlie.' })
    await run
    expect(wireOf(model)).toMatch(/Alpha.*Noted.*Charlie/)
    expect(wireOf(model)).not.toContain('Bravo')
  })

  it('is not woken for nothing: a run without a prompt needs a message that waits', async () => {
    const storage = new MemoryStorage()
    const session = await createSession({ storage })
    const { run, model } = turn(storage, { turns: ['Never.'] }, { sessionId: session.id, prompt: undefined as never })
    await expect(run).rejects.toMatchObject({ code: 'invalid_request' })
    expect(model.requests).toEqual([])
    expect(await session.state()).toMatchObject({ status: 'idle', lastSequence: 0 })
  })

  it('has one driver at a time: a second is refused and the first goes on', async () => {
    const storage = new MemoryStorage()
    const first = turn(storage, { turns: [{ text: 'Slow.', delayMs: 1500 }] })
    for await (const event of first.run) {
      if (event.type !== 'session.status_running') continue
      const second = turn(storage, { turns: ['Never.'] }, { sessionId: first.run.sessionId })
      await expect(second.run).rejects.toMatchObject({ code: 'lease_held', retryable: true })
      expect(second.model.requests).toEqual([])
    }
    expect(await first.run).toMatchObject({ status: 'completed', text: 'Slow.' })
  })

  it('whose driver was taken over writes nothing any more and says so', async () => {
    const storage = new MemoryStorage()
    const { run } = turn(
      storage,
      { turns: [{ tool: { name: 'Bash', input: { command: 'sleep 1' } } }, 'Never.'] },
      { allowedTools: ['Bash'] },
    )
    const { events, leases } = (await storage.open()).workspace({ organizationId: 'default', workspaceId: 'default' })
    let headAtTakeOver = 0
    for await (const event of run) {
      if (event.type !== 'agent.tool_use') continue
      const held = await leases.holder(run.sessionId)
      await leases.release({ sessionId: run.sessionId, fence: held!.fence })
      const thief = { host: 'elsewhere', processId: 1, startedAt: 'x', runId: 'run_thief' }
      const { fence } = await leases.acquire(run.sessionId, { owner: thief, ttlMs: 60_000 })
      await events.append(
        run.sessionId,
        [{ type: 'session.status_rescheduled', id: 'sevt_x', processed_at: '2026-01-01T00:00:00Z' }],
        { fence },
      )
      headAtTakeOver = await events.head(run.sessionId)
    }
    expect(await run).toMatchObject({ status: 'failed', error: { code: 'lease_lost' } })
    expect(await events.head(run.sessionId)).toBe(headAtTakeOver)
  })

  it('is followed from its log while it runs: history, then live, once each', async () => {
    const storage = new MemoryStorage()
    const { run } = turn(storage, { turns: ['Hello.'] })
    await new Promise<void>((resolve) =>
      run.onEvent((event) => void (event.type === 'perdure.run_started' && resolve())),
    )
    const session = await openSession(run.sessionId, { storage })
    const done = new AbortController()
    const seen: number[] = []
    for await (const event of session.follow({ signal: done.signal })) {
      seen.push(event.sequence)
      if (event.type === 'perdure.run_ended') done.abort()
    }
    expect(seen).toEqual(seen.map((_, index) => index + 1))
    expect((await run).lastSequence).toBe(seen.at(-1))
  })

  it('of another workspace does not exist', async () => {
    const storage = new MemoryStorage()
    const session = await createSession({ storage, workspaceId: 'one' })
    await expect(openSession(session.id, { storage, workspaceId: 'two' })).rejects.toMatchObject({
      code: 'session_not_found',
    })
    const { run } = turn(storage, { turns: ['Never.'] }, { sessionId: session.id, organizationId: 'other' })
    await expect(run).rejects.toMatchObject({ code: 'session_not_found' })
  })
})
