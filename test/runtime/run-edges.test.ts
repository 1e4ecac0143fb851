import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { newRunId, newSessionId } from '../../src/domain/ids.ts'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import { AgentRun } from '../../src/runtime/agent-run.ts'
import { fakeRun, says, storesAppending } from '../support/fake-run.ts'

const cancelled = () => new PerdureError('cancelled', 'Enough.')

describe('a run that is over', () => {
  it('takes no word of the user any more, also while it closes', async () => {
    const { run, agent, stores, sessionId } = fakeRun({ onInput: (self) => self.end() })
    agent.stop = async () => run.abort(cancelled())
    expect(await run.run()).toMatchObject({ status: 'failed', error: { code: 'agent_exited' } })
    expect(await stores.events.read(sessionId, { types: ['user.interrupt'] })).toEqual([])
  })

  it('keeps its outcome when something cannot be given back', async () => {
    const remove = () => Promise.reject(new Error('busy'))
    const { run, stores, sessionId } = fakeRun({
      dependencies: { createConfigDirectory: () => Promise.resolve({ path: '/nowhere', remove }) },
    })
    const warnings: string[] = []
    const hear = (warning: Error): void => void warnings.push(warning.message)
    process.on('warning', hear)
    expect(await run.run()).toMatchObject({ status: 'completed' })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', hear)
    expect(warnings.join()).toContain('busy')
    expect(await stores.leases.holder(sessionId)).toBeNull()
  })
})

describe('a run that cannot begin', () => {
  it('takes back what it was to say, and leaves the session idle', async () => {
    const failing = { createConfigDirectory: () => Promise.reject(new Error('no space')) }
    const { run: first, stores, sessionId } = fakeRun()
    await first.run()
    const { run } = fakeRun({ stores, sessionId, dependencies: failing })
    await expect(run.run()).rejects.toThrow('no space')
    expect(await stores.inbox.list(sessionId)).toEqual([])
    expect(await stores.sessions.get(sessionId)).toMatchObject({ status: 'idle' })
    const again = fakeRun({ stores, sessionId, request: { prompt: says('Again.') } })
    expect(await again.run.run()).toMatchObject({ status: 'completed' })
    expect(again.agent.heard.map(({ content }) => content)).toEqual([says('Again.').content])
  })
})

describe('a new session whose agent cannot be started', () => {
  it('is not created', async () => {
    const failing = { createConfigDirectory: () => Promise.reject(new Error('no space')) }
    const { run, stores, sessionId } = fakeRun({ dependencies: failing })
    await expect(run.run()).rejects.toThrow('no space')
    expect(await stores.sessions.get(sessionId)).toBeNull()
  })
})

describe('what a cancelled run was to say', () => {
  it('is not said by the next one', async () => {
    const { run, stores, sessionId } = fakeRun()
    const ended = run.run()
    run.abort(cancelled())
    expect(await ended).toMatchObject({ status: 'cancelled' })
    const next = fakeRun({ stores, sessionId, request: { prompt: says('Next.') } })
    await next.run.run()
    expect(next.agent.heard.map(({ content }) => content)).toEqual([says('Next.').content])
  })
})

describe('an interrupt', () => {
  it('of a turn that is over does not make its outcome cancelled', async () => {
    const next = Promise.withResolvers<void>()
    const inputs = async function* () {
      await next.promise
      yield* []
    }
    const { run } = fakeRun({ request: { inputs: inputs() } })
    const idle = Promise.withResolvers<void>()
    run.listen((event) => event.type === 'session.status_idle' && idle.resolve())
    const ended = run.run()
    await idle.promise
    await run.interrupt()
    next.resolve()
    expect(await ended).toMatchObject({ status: 'completed' })
  })
})

describe('an outcome', () => {
  it('says nothing of the turns of earlier runs', async () => {
    const first = fakeRun({
      onInput: (agent, input) => {
        agent.reports.push({ type: 'agent_started', ...started })
        void first.run.interrupt().then(() => agent.endTurn(input))
      },
    })
    expect(await first.run.run()).toMatchObject({ status: 'cancelled' })
    const { stores, sessionId } = first
    const second = fakeRun({ stores, sessionId, request: { prompt: null } })
    expect(await second.run.run()).toMatchObject({ status: 'completed', turns: 0 })
  })
})

describe('a question', () => {
  it('that comes while another is being decided is not lost, and each is decided once', async () => {
    const stores = storesAppending((append) => async (...given) => {
      if (given[1][0]?.type === 'user.tool_confirmation') await delay(50)
      return append(...given)
    })
    const announced = Promise.withResolvers<string[]>()
    const answers: unknown[] = []
    const { run } = fakeRun({
      stores,
      onInput: async (agent, input) => {
        agent.answerWithCalls('toolu_1', 'toolu_2')
        const first = agent.ask('toolu_1')
        const [firstId] = await announced.promise
        const decided = run.decide(firstId!, null)
        await delay(10)
        // The decision is not in the log yet.
        const second = agent.ask('toolu_2')
        await expect(run.decide(firstId!, 'No.')).rejects.toMatchObject({ code: 'invalid_request' })
        await decided
        answers.push((await first).result)
        await run.decide(calls[1]!, 'No.')
        answers.push((await second).result)
        agent.endTurn(input)
      },
      request: { timeoutMs: 3_000 },
    })
    const calls: string[] = []
    run.listen((event) => {
      if (event.type === 'agent.tool_use') calls.push(event.id)
      if (event.type !== 'session.status_idle' || event.stop_reason.type !== 'requires_action') return
      announced.resolve(event.stop_reason.event_ids)
    })
    expect(await run.run()).toMatchObject({ status: 'completed' })
    expect(answers).toEqual(['allow', 'deny'])
  })

  it('whose log is lost ends the run, and nothing else', async () => {
    let isBroken = false
    const stores = storesAppending(
      (append) =>
        (...given) =>
          isBroken ? Promise.reject(new Error('disk full')) : append(...given),
    )
    const { run, agent } = fakeRun({
      stores,
      request: { approvals: 'stop' },
      onInput: (self) => {
        self.answerWithCalls('toolu_1')
        void self.ask('toolu_1')
      },
    })
    agent.stop = async () => {
      await delay(300)
      agent.end()
    }
    run.listen((event) => {
      if (event.type !== 'session.status_idle') return
      isBroken = true
      agent.reports.push({ type: 'notice', thread: null, name: 'anything', payload: {} })
    })
    expect(await run.run()).toMatchObject({ status: 'failed', error: { code: 'storage_failed' } })
  })
})

describe('a listener that throws', () => {
  it('breaks neither the run nor the process, and its fault is seen', async () => {
    const { run } = fakeRun()
    const handle = new AgentRun({
      sessionId: newSessionId(),
      runId: newRunId(),
      parseInput: () => says('More.'),
      start: () => Promise.resolve(run),
    })
    const warnings: (string | undefined)[] = []
    const hear = (warning: Error & { detail?: string }): void => void warnings.push(warning.detail)
    process.on('warning', hear)
    handle.onEvent(() => {
      throw new Error('my own fault')
    })
    expect(await handle).toMatchObject({ status: 'completed' })
    await delay(1)
    process.off('warning', hear)
    expect(warnings[0]).toContain('my own fault')
  })
})

describe('a message that ends the running turn', () => {
  it('is no error of that turn', async () => {
    const { run, stores, sessionId } = fakeRun({
      onInput: (agent, input) =>
        agent.endTurn(input, { isError: true, error: cancelled().toJSON(), terminalReason: 'aborted_streaming' }),
    })
    await run.run()
    expect(await stores.events.read(sessionId, { types: ['session.error'] })).toEqual([])
  })
})

const started = {
  agentSessionId: 'c0ffee00-0000-4000-8000-000000000000',
  model: 'm',
  version: '1',
  permissionMode: 'default',
  tools: [],
  mcpServers: [],
  slashCommands: [],
  skills: [],
  plugins: [],
}
