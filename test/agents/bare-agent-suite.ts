import {
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  listSessions,
  listSubagents,
  renameSession,
  tagSession,
} from '@anthropic-ai/claude-agent-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LazyStorage } from '../../src/compose/storage/lazy-storage.ts'
import { startScriptedMessagesApi, type ScriptedMessagesApi, type ScriptRule } from '../../src/testing/index.ts'
import { bodiesOf, TestFolder, wordsOf } from './agent-rig.ts'
import {
  newStorage,
  runBareAgent,
  runBareProcess,
  type BareResult,
  type BareRun,
  type SharedStorage,
} from './bare-agent.ts'

const rules: readonly ScriptRule[] = [
  { when: { agent: true }, reply: 'Roots grow at night.' },
  {
    when: { prompt: 'gardener', toolResult: false },
    reply: { agent: { type: 'gardener', prompt: 'When do roots grow?' } },
  },
  { when: { prompt: 'gardener' }, reply: 'At night, he says.' },
  { reply: 'Understood.' },
]
const agents = { gardener: { description: 'Knows plants', prompt: 'You are a gardener.', tools: ['Read'] } }

/** A storage, and an agent of the bare SDK that uses it. */
export interface Backend {
  readonly storage: LazyStorage
  /** The same in another process, where the storage can be shared. */
  readonly runElsewhere: (run: BareRun) => Promise<BareResult>
}

/** A storage that processes share. */
export const sharedBackend = (shared: SharedStorage): Backend => ({
  storage: newStorage(shared),
  runElsewhere: (run) => runBareProcess(run, shared),
})

/** What the bare SDK and its functions do with one of our storages. */
export function bareAgentSuite(open: () => Promise<Backend>): void {
  const folder = new TestFolder()
  const dir = folder.path
  let backend: Backend
  let api: ScriptedMessagesApi
  let first: BareResult

  const turn = (prompt: string, options: BareRun['options'] = {}): BareRun => ({
    prompt,
    cwd: dir,
    apiUrl: api.url,
    options: { agents, tools: ['Task', 'Read'], ...options },
  })
  const say = (prompt: string, options?: BareRun['options']): Promise<BareResult> =>
    runBareAgent(turn(prompt, options), backend.storage.sessionStore)
  const lastRequest = (): string => wordsOf(bodiesOf(api.requests).at(-1))

  beforeAll(async () => {
    backend = await open()
    api = await startScriptedMessagesApi(rules)
    first = await backend.runElsewhere(turn('ask the gardener'))
  })
  afterAll(async () => {
    await backend.storage.close()
    await api.close()
    folder[Symbol.dispose]()
  })

  test('keeps the conversation and those of its sub-agents', async () => {
    const { sessionStore } = backend.storage
    expect(first).toMatchObject({ text: 'At night, he says.', mirrorErrors: [] })
    const messages = await getSessionMessages(first.sessionId, { dir, sessionStore })
    expect(messages.map(({ type }) => type)).toEqual(['user', 'assistant', 'user', 'assistant'])
    const [agentId] = await listSubagents(first.sessionId, { dir, sessionStore })
    const said = await getSubagentMessages(first.sessionId, agentId!, { dir, sessionStore })
    expect(JSON.stringify(said)).toContain('Roots grow at night.')
  })

  // Seven agents, one after the other.
  test('resumes, continues and forks elsewhere', { timeout: 180_000 }, async () => {
    const { sessionId } = await say('remember: heron')
    const resumed = await backend.runElsewhere(turn('what was it?', { resume: sessionId }))
    expect(resumed).toMatchObject({ sessionId, text: 'Understood.', mirrorErrors: [] })
    expect(lastRequest()).toContain('remember: heron')
    expect(await say('and now?', { continue: true })).toMatchObject({ sessionId, mirrorErrors: [] })
    expect(lastRequest()).toContain('what was it?')
    const fork = await say('another way', { resume: sessionId, forkSession: true })
    expect(fork.sessionId).not.toBe(sessionId)
    expect(lastRequest()).toContain('and now?')
    expect(await say('on', { resume: fork.sessionId })).toMatchObject({ sessionId: fork.sessionId, mirrorErrors: [] })
    expect(lastRequest()).toContain('another way')
    await say('back', { resume: sessionId })
    expect(lastRequest()).not.toContain('another way')
  })

  test('lets a sub-agent of a former process be read after a resume', async () => {
    const { sessionStore } = backend.storage
    const before = await listSubagents(first.sessionId, { dir, sessionStore })
    expect(await say('ask the gardener again', { resume: first.sessionId })).toMatchObject({ mirrorErrors: [] })
    const after = await listSubagents(first.sessionId, { dir, sessionStore })
    expect(after).toHaveLength(before.length + 1)
    expect(after).toEqual(expect.arrayContaining(before))
  })

  test('lists, names, tags, forks and deletes sessions by the functions of the SDK', async () => {
    const { sessionStore } = backend.storage
    const { sessionId } = await say('a talk about owls')
    const info = () => getSessionInfo(sessionId, { dir, sessionStore })
    expect(await info()).toMatchObject({ sessionId, firstPrompt: 'a talk about owls' })
    await renameSession(sessionId, 'Owls', { dir, sessionStore })
    await tagSession(sessionId, 'birds', { dir, sessionStore })
    expect(await info()).toMatchObject({ customTitle: 'Owls', tag: 'birds' })

    const [, answer] = await getSessionMessages(sessionId, { dir, sessionStore })
    const fork = await forkSession(sessionId, { dir, sessionStore, upToMessageId: answer!.uuid, title: 'Young owls' })
    const listed = await listSessions({ dir, sessionStore })
    expect(listed.slice(0, 2)).toMatchObject([
      { sessionId: fork.sessionId, customTitle: 'Young owls' },
      { sessionId, customTitle: 'Owls', tag: 'birds', firstPrompt: 'a talk about owls' },
    ])
    expect(await say('go on', { resume: fork.sessionId })).toMatchObject({ sessionId: fork.sessionId })
    expect(lastRequest()).toContain('a talk about owls')

    await deleteSession(sessionId, { dir, sessionStore })
    expect(await getSessionMessages(sessionId, { dir, sessionStore })).toEqual([])
    const left = (await listSessions({ dir, sessionStore })).map((session) => session.sessionId)
    expect(left).not.toContain(sessionId)
    expect(left).toContain(fork.sessionId)
  })

  test('reads no transcript for a list', async () => {
    const { sessionStore } = backend.storage
    const load = (): never => {
      throw new Error('a whole transcript was read')
    }
    const listed = await listSessions({ dir, sessionStore: { ...sessionStore, load } })
    expect(listed.find(({ sessionId }) => sessionId === first.sessionId)).toMatchObject({
      firstPrompt: 'ask the gardener',
    })
  })
}
