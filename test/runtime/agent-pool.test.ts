import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAgentPool, createSession, MemoryStorage, openSession, type AgentPoolOptions } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { processesMarked } from '../support/processes.ts'
import { scratchFolder } from '../support/scratch.ts'

function createPool(options: Partial<AgentPoolOptions> = {}) {
  const cwd = scratchFolder()
  const model = scriptedModel({ rules: [{ reply: { text: 'Here.' } }] })
  const storage = new MemoryStorage()
  const pool = createAgentPool({
    cwd,
    upstream: model,
    storage,
    tools: ['Bash'],
    env: { PERDURE_TEST_MARK: cwd },
    ...options,
  })
  onTestFinished(() => pool.close())
  return { pool, cwd, model, storage }
}

describe.skipIf(process.platform !== 'linux')('an agent pool', () => {
  it('serves runs with agents that are up, each with one, and ends what is left when it is closed', async () => {
    const { pool, cwd, storage } = createPool({ size: 1 })
    await pool.warm()
    const before = processesMarked(cwd)
    expect(before.length).toBeGreaterThan(0)
    const first = await pool.runAgent({ prompt: 'One.', title: 'first' })
    expect(first).toMatchObject({ status: 'completed', text: 'Here.' })
    await pool.warm()
    const second = await pool.runAgent({ prompt: 'Two.' })
    expect(second).toMatchObject({ status: 'completed', text: 'Here.' })
    expect(second.sessionId).not.toBe(first.sessionId)
    expect((await openSession(first.sessionId, { storage })).record.title).toBe('first')
    await pool.close()
    expect(processesMarked(cwd)).toEqual([])
  })

  it('hands nothing from one workspace to another', async () => {
    const { pool, cwd } = createPool({ size: 1, maxReady: 2 })
    const pidsOfAgents = () =>
      processesMarked(cwd).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('stream-json'))
    await pool.warm({ workspaceId: 'one' })
    const ofOne = new Set(pidsOfAgents())
    const run = pool.runAgent({ prompt: 'Hello.', workspaceId: 'two' })
    for await (const event of run) {
      // While the run of the second workspace works, the first workspace's agent still waits for its own.
      if (event.type === 'agent.message')
        expect(pidsOfAgents().filter((pid) => ofOne.has(pid))).toHaveLength(ofOne.size)
    }
    expect(await run).toMatchObject({ status: 'completed' })
  })

  it('starts an agent of its own for a session that exists already', async () => {
    const { pool, storage, model } = createPool()
    const session = await createSession({ storage })
    await pool.runAgent({ prompt: 'Alpha.', sessionId: session.id })
    expect(await pool.runAgent({ prompt: 'Bravo.', sessionId: session.id })).toMatchObject({ status: 'completed' })
    expect(JSON.stringify(model.requests.at(-1)?.body)).toMatch(/Alpha.*Here.*Bravo/)
  })

  it('leaves no agent behind when a run cannot begin', async () => {
    const { pool, cwd } = createPool()
    await pool.warm()
    await expect(pool.runAgent({ prompt: '' })).rejects.toMatchObject({ code: 'invalid_request' })
    await pool.close()
    expect(processesMarked(cwd)).toEqual([])
  })

  it('says what is wrong when its agents cannot be started', async () => {
    expect(() => createPool({ size: 0 })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    const { pool } = createPool({ cwd: '/nonexistent/folder' })
    await expect(pool.warm()).rejects.toMatchObject({ code: 'working_directory_missing' })
    await expect(pool.runAgent({ prompt: 'x' })).rejects.toMatchObject({ code: 'working_directory_missing' })
  })
})
