import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAgentPool, MemoryStorage, type AgentPoolOptions } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { processesMarked } from '../support/processes.ts'
import { scratchFolder } from '../support/scratch.ts'

function createPool(options: Partial<AgentPoolOptions> = {}) {
  const cwd = scratchFolder()
  const upstream = scriptedModel({ rules: [{ reply: 'Here.' }] })
  const pool = createAgentPool({
    cwd,
    upstream,
    storage: new MemoryStorage(),
    env: { PERDURE_TEST_MARK: cwd },
    ...options,
  })
  onTestFinished(() => pool.close())
  return { pool, cwd }
}

describe.skipIf(process.platform !== 'linux')('an agent pool', () => {
  it('loses no agent to a run whose options are refused', async () => {
    const { pool, cwd } = createPool()
    await pool.warm()
    expect(() => pool.runAgent({ prompt: 'x', ttl: -1 })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    // A caller without types: its agent is up already, with another model.
    const other = { prompt: 'x', model: 'claude-opus-4-1' }
    expect(() => pool.runAgent(other)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    await pool.close()
    expect(processesMarked(cwd)).toEqual([])
  })

  it('starts nothing once it is closed', async () => {
    const { pool, cwd } = createPool()
    await pool.close()
    expect(() => pool.runAgent({ prompt: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    await expect(pool.warm()).rejects.toMatchObject({ code: 'invalid_request' })
    expect(processesMarked(cwd)).toEqual([])
  })

  it('says that its agents die at their start, and does not start one after the other', async () => {
    const folder = scratchFolder()
    const binary = join(folder, 'claude')
    const starts = join(folder, 'starts')
    writeFileSync(binary, `#!/bin/sh\necho x >> ${starts}\nexit 3\n`)
    chmodSync(binary, 0o755)
    const { pool } = createPool({ pathToClaudeCodeExecutable: binary })
    await expect(pool.warm()).rejects.toMatchObject({ code: 'agent_start_failed' })
    await delay(500)
    expect(readFileSync(starts, 'utf8').trim().split('\n')).toHaveLength(1)
  })
})
