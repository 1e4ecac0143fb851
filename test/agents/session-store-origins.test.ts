import { forkSession, getSessionMessages, importSessionToStore, listSessions } from '@anthropic-ai/claude-agent-sdk'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createSession, importClaudeSession, MemoryStorage } from '../../src/index.ts'
import { scriptedModel, startScriptedMessagesApi, type ScriptedMessagesApi } from '../../src/testing/index.ts'
import { bodiesOf, TestFolder, wordsOf } from './agent-rig.ts'
import { runBareAgent, runLocalAgent, type BareResult, type BareRun } from './bare-agent.ts'

let api: ScriptedMessagesApi
beforeAll(async () => {
  api = await startScriptedMessagesApi([{ reply: 'Understood.' }])
})
afterAll(() => api.close())

const configured = process.env['CLAUDE_CONFIG_DIR']
afterEach(() => {
  if (configured === undefined) delete process.env['CLAUDE_CONFIG_DIR']
  else process.env['CLAUDE_CONFIG_DIR'] = configured
})

const lastRequest = (): string => wordsOf(bodiesOf(api.requests).at(-1))

function newFolder(): string {
  const folder = new TestFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  return folder.path
}

test('a session of the local disk is imported, listed and resumed elsewhere', async () => {
  const [dir, config] = [newFolder(), newFolder()]
  const run: BareRun = { prompt: 'remember: owl', cwd: dir, apiUrl: api.url }
  const { sessionId } = await runLocalAgent(run, config)
  const { sessionStore } = new MemoryStorage()
  // The function looks where the host's own agents keep their sessions.
  process.env['CLAUDE_CONFIG_DIR'] = config
  await importSessionToStore(sessionId, sessionStore, { dir, batchSize: 3 })
  process.env['CLAUDE_CONFIG_DIR'] = newFolder()
  expect(await listSessions({ dir, sessionStore })).toMatchObject([{ sessionId, firstPrompt: 'remember: owl' }])
  const resumed = await runBareAgent({ ...run, prompt: 'which?', options: { resume: sessionId } }, sessionStore)
  expect(resumed).toMatchObject({ sessionId, text: 'Understood.', mirrorErrors: [] })
  expect(lastRequest()).toContain('remember: owl')
  // Importing it again changes nothing of what is there.
  const before = await getSessionMessages(sessionId, { dir, sessionStore })
  process.env['CLAUDE_CONFIG_DIR'] = config
  await importSessionToStore(sessionId, sessionStore, { dir })
  expect(await getSessionMessages(sessionId, { dir, sessionStore })).toEqual(before)
})

test('a session of Perdure goes on in the bare SDK as a copy, and stays as it is', async () => {
  const dir = newFolder()
  const storage = new MemoryStorage()
  const { sessionStore } = storage
  const model = scriptedModel([{ reply: 'Noted.' }])
  const session = await createSession({ storage, cwd: dir })
  const turn = { upstream: model }
  await session.run('remember: rook', turn)
  const agentSessionId = (await session.resume()).record.agentSessionId!

  const ask = (prompt: string): Promise<BareResult> =>
    runBareAgent({ prompt, cwd: dir, apiUrl: api.url, options: { resume: agentSessionId } }, sessionStore)
  expect(await ask('which?')).toMatchObject({ sessionId: agentSessionId, text: 'Understood.', mirrorErrors: [] })
  expect(lastRequest()).toContain('remember: rook')
  await ask('once more')
  expect(lastRequest()).toContain('which?')

  expect(await session.run('and now?', turn)).toMatchObject({ status: 'completed' })
  const own = wordsOf(bodiesOf(model.requests).at(-1))
  expect(own).toContain('remember: rook')
  expect(own).not.toContain('which?')

  const fork = await forkSession(agentSessionId, { dir: newFolder(), sessionStore })
  expect(fork.sessionId).not.toBe(agentSessionId)
  await session.delete()
  await storage.close()
})

test('a session of Claude Code becomes a session of Perdure, and both go on', async () => {
  const [dir, config] = [newFolder(), newFolder()]
  const run: BareRun = { prompt: 'remember: jay', cwd: dir, apiUrl: api.url }
  const { sessionId } = await runLocalAgent(run, config)
  process.env['CLAUDE_CONFIG_DIR'] = config
  const storage = new MemoryStorage()
  const session = await importClaudeSession(sessionId, { storage })
  expect(session.record).toMatchObject({ title: 'remember: jay', workingDirectory: dir })
  await expect(importClaudeSession(randomUUID(), { storage })).rejects.toMatchObject({ code: 'session_not_found' })

  const model = scriptedModel([{ reply: 'A jay.' }])
  expect(await session.run('which?', { upstream: model })).toMatchObject({ status: 'completed', text: 'A jay.' })
  expect(wordsOf(bodiesOf(model.requests).at(-1))).toContain('remember: jay')
  await runLocalAgent({ ...run, prompt: 'once more', options: { resume: sessionId } }, config)
  expect(lastRequest()).toContain('remember: jay')
  expect(lastRequest()).not.toContain('which?')

  // A second one is a session of its own.
  const again = await importClaudeSession(sessionId, { storage })
  await session.delete()
  const fork = await again.fork()
  expect(await fork.run('and?', { upstream: model })).toMatchObject({ status: 'completed' })
  expect(wordsOf(bodiesOf(model.requests).at(-1))).toContain('once more')
  await storage.close()
})
