import { getSessionMessages } from '@anthropic-ai/claude-agent-sdk'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startScriptedMessagesApi } from '../../src/testing/index.ts'
import { bodiesOf, TestFolder, wordsOf } from './agent-rig.ts'
import { bareProgram, newStorage, runBareAgent, type BareRun, type SharedStorage } from './bare-agent.ts'

test('what the store took before a kill is there for whoever resumes', async () => {
  using folder = new TestFolder()
  const file = join(folder.path, 'birds.txt')
  writeFileSync(file, 'seven herons')
  const api = await startScriptedMessagesApi([
    { when: { prompt: 'look', toolResult: false }, reply: { tool: { name: 'Read', input: { file_path: file } } } },
    { when: { prompt: 'look' }, reply: { text: 'There are', stallAfterEvents: 2 } },
    { reply: 'Seven.' },
  ])
  onTestFinished(() => api.close())
  const sessionId = randomUUID()
  const run: BareRun = { prompt: 'look', cwd: folder.path, apiUrl: api.url }
  const shared: SharedStorage = ['SqliteStorage', { file: join(folder.path, 'sessions.db') }]
  const storage = newStorage(shared)
  const { sessionStore } = storage

  // A group of its own, so that the agent dies with its host.
  const eager: BareRun = { ...run, options: { sessionId, sessionStoreFlush: 'eager' } }
  const env = { ...process.env, TMPDIR: folder.path }
  const host = spawn(process.execPath, bareProgram(eager, shared), { detached: true, stdio: 'ignore', env })
  onTestFinished(() => void host.kill('SIGKILL'))
  const ended = once(host, 'exit')
  const kept = async () => JSON.stringify(await getSessionMessages(sessionId, { dir: folder.path, sessionStore }))
  await expect.poll(kept, { timeout: 45_000 }).toContain('seven herons')
  process.kill(-host.pid!, 'SIGKILL')
  await ended

  const resumed = await runBareAgent({ ...run, prompt: 'how many?', options: { resume: sessionId } }, sessionStore)
  expect(resumed).toMatchObject({ sessionId, text: 'Seven.', mirrorErrors: [] })
  expect(wordsOf(bodiesOf(api.requests).at(-1))).toContain('seven herons')
  await storage.close()
})
