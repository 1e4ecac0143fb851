import { afterAll, afterEach, expect, test, vi } from 'vitest'
import {
  createSession,
  endSession,
  executeTurn,
  getActiveSessions,
  getSession,
  type ConversationSession,
} from '../../src/compat/index.ts'
import { replayTurns } from '../../src/compat/conversation-session.ts'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import type { LoggedEvent } from '../../src/domain/session-event.ts'
import { createSession as createPerdureSession, listSessions, MemoryStorage, openSession } from '../../src/index.ts'
import { Workplace } from './rig.ts'

afterEach(async () => {
  vi.useRealTimers()
  for (const { sessionId } of getActiveSessions()) await endSession(sessionId)
})
afterAll(() => processRuntime().close())

const minutes = 60_000

test('a session is kept like every other, and known by its id until it ends', async () => {
  const storage = new MemoryStorage()
  const session = await createSession(600, { storage })
  expect(session).toMatchObject({ turnCount: 0, conversationHistory: [], lastActivityAt: session.createdAt.getTime() })
  expect(getSession(session.sessionId)).toBe(session)
  expect(getActiveSessions()).toEqual([session])
  expect((await listSessions({ storage })).map(({ id }) => id)).toEqual([session.sessionId])
  await endSession(session.sessionId)
  await endSession(session.sessionId)
  expect(getActiveSessions()).toEqual([])
  expect((await openSession(session.sessionId, { storage })).record.tags).toContain('compat.ended')
})

test.each([
  ['its timeout', 600, 10 * minutes],
  ['half an hour without a turn', 7200, 30 * minutes],
])('a session is over after %s', async (_what, timeout, afterMs) => {
  const storage = new MemoryStorage()
  vi.useFakeTimers({ toFake: ['Date'] })
  const { sessionId } = await createSession(timeout, { storage })
  vi.setSystemTime(Date.now() + afterMs - 1)
  expect(getSession(sessionId)).toBeDefined()
  vi.setSystemTime(Date.now() + 1)
  await expect(executeTurn(sessionId, 'hi')).rejects.toMatchObject({ code: 'session_expired' })
  expect(getSession(sessionId)).toBeUndefined()
})

test('no more than 100 at once; the next one fits when one has ended', async () => {
  const storage = new MemoryStorage()
  const sessions: ConversationSession[] = []
  for (let count = 0; count < 100; count += 1) sessions.push(await createSession(600, { storage }))
  await expect(createSession(600, { storage })).rejects.toMatchObject({ code: 'invalid_request' })
  await endSession(sessions[0]!.sessionId)
  await expect(createSession(600, { storage })).resolves.toBeDefined()
})

test('only the newest 100 turns that ended well are history', () => {
  const session: ConversationSession = {
    sessionId: 'sesn_1',
    createdAt: new Date(0),
    lastActivityAt: 0,
    turnCount: 0,
    conversationHistory: [],
  }
  const error = { code: 'overloaded', message: 'busy', retryable: true, hint: 'Wait.' }
  const events = Array.from({ length: 102 }, (_, index) => [
    { type: 'user.message', content: [{ type: 'text', text: `ask ${index + 1}` }] },
    { type: 'agent.message', content: [{ type: 'text', text: 'of a sub-agent' }], session_thread_id: 'sthr_1' },
    { type: 'agent.message', content: [{ type: 'text', text: `answer ${index + 1}` }] },
    { type: 'perdure.turn_ended', error: index === 50 ? error : null },
  ]).flat() as unknown as LoggedEvent[]
  replayTurns(session, events)
  expect(session.turnCount).toBe(102)
  expect(session.conversationHistory).toHaveLength(100)
  expect(session.conversationHistory[0]).toEqual({ turnId: 2, prompt: 'ask 2', response: 'answer 2' })
  expect(session.conversationHistory.at(-1)).toEqual({ turnId: 102, prompt: 'ask 102', response: 'answer 102' })
  expect(session.conversationHistory.some(({ turnId }) => turnId === 51)).toBe(false)
})

test('wrong calls say so', async () => {
  const storage = new MemoryStorage()
  await expect(createSession(0)).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(executeTurn('nobody', 'hi', { storage })).rejects.toMatchObject({ code: 'invalid_request' })
  const { id } = await createPerdureSession({ storage })
  await expect(executeTurn(id, 'hi', { storage, sessionId: 'sesn_other' })).rejects.toMatchObject({
    code: 'invalid_request',
  })
  await expect(endSession('nobody')).resolves.toBeUndefined()
})

test('a turn with a hook that fails is a turn all the same; ending a session ends the turn that runs', async () => {
  using workplace = new Workplace([
    {
      when: { prompt: 'look', toolResult: false },
      reply: { text: 'Looking.', tool: { name: 'Bash', input: { command: 'echo seen' } } },
    },
    { when: { prompt: 'look' }, reply: 'Seen.' },
    {
      when: { toolResult: false },
      reply: { text: 'I wait.', tool: { name: 'Bash', input: { command: 'sleep 30' } } },
    },
  ])
  const { cwd, dataDirectory, upstream } = workplace.options
  const session = await createSession(600, { cwd, dataDirectory })
  const hookError = new Error('the hook failed')
  await expect(
    executeTurn(session.sessionId, 'look', { upstream }, { onPostToolUse: () => Promise.reject(hookError) }),
  ).rejects.toBe(hookError)
  expect(session.conversationHistory).toEqual([{ turnId: 1, prompt: 'look', response: 'Seen.' }])
  const turn = executeTurn(session.sessionId, 'wait', { upstream })
  const refused = expect(turn).rejects.toMatchObject({ code: 'cancelled' })
  await vi.waitFor(() => expect(workplace.model.requests).toHaveLength(3), { timeout: 30_000, interval: 50 })
  await endSession(session.sessionId)
  await refused
  expect(session.turnCount).toBe(2)
  expect(session.conversationHistory).toHaveLength(1)
})
