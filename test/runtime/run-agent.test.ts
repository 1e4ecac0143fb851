import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MemoryStorage, openSession, runAgent, type RunAgentOptions, type SessionStreamEvent } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const write = { name: 'Write', input: { file_path: 'made.txt', content: 'made' } }
const bash = (command: string) => ({ name: 'Bash', input: { command } })
const untilStopped = { stallAfterEvents: 4, text: 'I begin and then say nothing more' }

function start(script: Script, options: Partial<RunAgentOptions> = {}) {
  const cwd = options.cwd ?? scratchFolder()
  const storage = new MemoryStorage()
  const model = scriptedModel(script)
  const run = runAgent({
    prompt: 'Do it.',
    cwd,
    storage,
    upstream: model,
    tools: ['Bash', 'Write', 'Read'],
    ...options,
  })
  return { run, cwd, storage: options.storage ?? storage, model }
}

async function eventsOf(run: AsyncIterable<SessionStreamEvent>): Promise<SessionStreamEvent[]> {
  const events: SessionStreamEvent[] = []
  for await (const event of run) events.push(event)
  return events
}

const typesOf = (events: readonly SessionStreamEvent[]): string[] => events.map((event) => event.type)

describe('a run', () => {
  it('is awaited for its outcome and iterated over for its events, in one true order', async () => {
    const { run, cwd } = start({ turns: [{ text: 'I write it.', tool: write }, 'Done.'] }, { allowedTools: ['Write'] })
    const [events, outcome] = await Promise.all([eventsOf(run), run])
    expect(outcome).toMatchObject({ status: 'completed', text: 'Done.', turns: 1, sessionId: run.sessionId })
    expect(outcome.costUsd).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(outcome))).toMatchObject({ usage: { modelRequests: 2 } })
    expect(readFileSync(join(cwd, 'made.txt'), 'utf8')).toBe('made')
    // The base is saved beside the beginning: its place is anywhere before the first result of a tool.
    const types = typesOf(events)
    expect(types.filter((type) => type === 'perdure.checkpoint_saved')).toHaveLength(2)
    expect(types.indexOf('perdure.checkpoint_saved')).toBeLessThan(types.indexOf('agent.tool_result'))
    expect(types.lastIndexOf('perdure.checkpoint_saved')).toBe(types.indexOf('session.usage') - 1)
    expect(types.filter((type) => type !== 'event_delta' && type !== 'perdure.checkpoint_saved')).toEqual([
      'perdure.run_started',
      'user.message',
      'session.status_running',
      'perdure.agent_started',
      'span.model_request_start',
      'event_start',
      'agent.message',
      'agent.tool_use',
      'span.model_request_end',
      'agent.tool_result',
      'span.model_request_start',
      'event_start',
      'agent.message',
      'span.model_request_end',
      'perdure.turn_ended',
      'session.usage',
      'session.status_idle',
      'perdure.run_ended',
    ])
    const sequences = events.flatMap((event) => ('sequence' in event ? [event.sequence] : []))
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  })

  it('previews an answer under the id of its final event, and the deltas make up its text', async () => {
    const { run } = start({ turns: ['One two three four.'] })
    const events = await eventsOf(run)
    const final = events.find((event) => event.type === 'agent.message')
    const deltas = events.flatMap((event) => (event.type === 'event_delta' ? [event] : []))
    expect(deltas.length).toBeGreaterThan(1)
    expect(new Set(deltas.map((delta) => delta.event_id))).toEqual(new Set([final?.id]))
    expect(deltas.map((delta) => ('text' in delta.delta.content ? delta.delta.content.text : '')).join('')).toBe(
      'One two three four.',
    )
  })

  it('begins on the next turn of the event loop, so that a wrapper hears everything', async () => {
    const { run } = start({ turns: ['Hi.'] })
    const heard: string[] = []
    run.onEvent((event) => void heard.push(event.type))
    await run
    expect(heard[0]).toBe('perdure.run_started')
    expect(heard.at(-1)).toBe('perdure.run_ended')
  })

  it('takes a stream of messages as its prompt and remembers across turns', async () => {
    const messages = async function* () {
      yield 'First.'
      yield { content: [{ type: 'text' as const, text: 'Second.' }], priority: 'later' as const }
    }
    const { run, model } = start({ turns: ['one', 'two'] }, { prompt: messages() })
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'completed', text: 'two', turns: 2 })
    expect(JSON.stringify(model.requests.at(-1)?.body)).toMatch(/First\..*one.*Second\./)
  })

  it('takes messages while it works: each is logged once, when the agent takes it in', async () => {
    const { run, model, storage } = start({ turns: [{ tool: bash('sleep 0.4') }, 'both'] }, { allowedTools: ['Bash'] })
    let sent: Promise<string> | undefined
    for await (const event of run) if (event.type === 'agent.tool_use') sent = run.send('And this too.')
    const id = await sent
    const session = await openSession(run.sessionId, { storage })
    const said = (await session.events({ types: ['user.message'] })).map((event) => event.id)
    expect(said).toHaveLength(2)
    expect(said[1]).toBe(id)
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('And this too.')
    await expect(run.send('Too late.')).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('approvals', () => {
  const asking: Script = {
    rules: [
      { when: { request: 1 }, reply: { tools: [write, { name: 'Bash', input: { command: 'touch touched' } }] } },
      { reply: 'Over.' },
    ],
  }

  it('are held while somebody follows: allowed calls run, denied ones tell the agent why', async () => {
    const { run, cwd, model } = start(asking)
    const asked: string[] = []
    for await (const event of run) {
      if (event.type !== 'session.status_idle' || event.stop_reason.type !== 'requires_action') continue
      for (const id of event.stop_reason.event_ids) {
        asked.push(id)
        if (asked.length === 1) await run.approve(id)
        else await run.deny(id, 'Not in this house.')
      }
    }
    expect(await run).toMatchObject({ status: 'completed', text: 'Over.' })
    expect(asked).toHaveLength(2)
    expect(existsSync(join(cwd, 'made.txt'))).toBe(true)
    expect(existsSync(join(cwd, 'touched'))).toBe(false)
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Not in this house.')
  })

  it('end the run with what is pending when nobody could hear the question', async () => {
    const { run, cwd, storage } = start(asking)
    const outcome = await run
    expect(outcome.status).toBe('requires_action')
    expect(outcome.status === 'requires_action' && outcome.pending).toContainEqual(
      expect.objectContaining({ toolName: 'Write', input: expect.objectContaining({ content: 'made' }) as unknown }),
    )
    expect(existsSync(join(cwd, 'made.txt'))).toBe(false)
    const session = await openSession(run.sessionId, { storage })
    expect((await session.state()).stopReason).toMatchObject({ type: 'requires_action' })
  })

  it.each([
    ['allow', true],
    ['deny', false],
  ] as const)('are answered later, by a run of its own: %s', async (result, isMade) => {
    const { run, cwd, storage } = start({ turns: [{ text: 'I ask.', tool: write }, 'Never reached.'] })
    const asked = await run
    const [pending] = asked.status === 'requires_action' ? asked.pending : []
    const session = await openSession(run.sessionId, { storage })
    const model = scriptedModel({ rules: [{ when: { toolResult: true }, reply: 'Heard.' }] })
    const options = { upstream: model, tools: ['Bash', 'Write'] }
    const answered =
      result === 'allow' ? session.approve(pending!.id, options) : session.deny(pending!.id, 'Better not.', options)
    expect(await answered).toMatchObject({ status: 'completed', text: 'Heard.', turns: 1 })
    expect(existsSync(join(cwd, 'made.txt'))).toBe(isMade)
    const log = await session.events()
    expect(log.filter((event) => event.type === 'agent.tool_use')).toHaveLength(1)
    expect(log.filter((event) => event.type === 'agent.tool_result')).toEqual([
      expect.objectContaining({ tool_use_id: pending!.id, is_error: !isMade }),
    ])
    expect(await session.state()).toMatchObject({ status: 'idle', openTools: {}, awaitingApproval: [] })
    await expect(session.approve(pending!.id, options)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('are waited for no longer than the caller allows, and can still be answered', async () => {
    const { run, storage } = start({ turns: [{ tool: write }, 'Never reached.'] }, { approvalTimeoutMs: 300 })
    for await (const _event of run) void _event
    expect(await run).toMatchObject({ status: 'requires_action', pending: [{ toolName: 'Write' }] })
    expect((await (await openSession(run.sessionId, { storage })).state()).awaitingApproval).toHaveLength(1)
  })

  it('are refused at once where the caller says so', async () => {
    const { run, cwd } = start(asking, { approvals: 'refuse' })
    expect(await run).toMatchObject({ status: 'completed' })
    expect(existsSync(join(cwd, 'made.txt'))).toBe(false)
  })

  it('a decision about nothing is an error that says so', async () => {
    const { run } = start({ turns: ['Hi.'] })
    await run
    await expect(run.approve('sevt_nothing')).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('a run that is cut', () => {
  it('by interrupt keeps the session, says cancelled, and goes on with what waits', async () => {
    const { run, storage } = start({ rules: [{ when: { request: 1 }, reply: untilStopped }, { reply: 'Back again.' }] })
    for await (const event of run) if (event.type === 'event_delta') await run.interrupt()
    expect(await run).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } })
    const next = await runAgent({
      prompt: 'Go on.',
      sessionId: run.sessionId,
      storage,
      upstream: scriptedModel({ rules: [{ when: { lastUserText: 'Go on.' }, reply: 'Back again.' }] }),
    })
    expect(next).toMatchObject({ status: 'completed', text: 'Back again.', sessionId: run.sessionId })
  })

  it('by abort ends within seconds as cancelled, and its log is closed', async () => {
    const { run, storage } = start({ turns: [untilStopped] })
    for await (const event of run) if (event.type === 'event_delta') void run.abort('Enough.')
    expect(await run).toMatchObject({ status: 'cancelled', error: { message: 'Enough.' } })
    const state = await (await openSession(run.sessionId, { storage })).state()
    expect(state).toMatchObject({ status: 'idle', run: null, outcome: 'cancelled', openSpans: {}, openTools: {} })
  })

  it('by its signal, also before it began', async () => {
    const aborted = AbortSignal.abort()
    const { run } = start({ turns: ['Never.'] }, { signal: aborted })
    expect(await run).toMatchObject({ status: 'cancelled' })
  })

  it('by its deadline fails with deadline_exceeded', async () => {
    const { run } = start({ turns: [untilStopped] }, { timeoutMs: 2500 })
    expect(await run).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded', retryable: true } })
  })

  it('by silence fails with idle_timeout, and keeps the text that was complete', async () => {
    const { run } = start(
      { turns: [{ text: 'So far so good.', tool: bash('true') }, untilStopped] },
      { idleTimeoutMs: 2000, allowedTools: ['Bash'] },
    )
    expect(await run).toMatchObject({ status: 'failed', text: 'So far so good.', error: { code: 'idle_timeout' } })
  })
})

describe('failures', () => {
  it('of the model are an outcome with a typed error, and stand in the log', async () => {
    const { run, storage } = start({
      rules: [{ reply: { error: { status: 403, type: 'permission_error', message: 'Not yours.' } } }],
    })
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'permission_denied', retryable: false } })
    const errors = await (await openSession(run.sessionId, { storage })).events({ types: ['session.error'] })
    expect(errors).toHaveLength(1)
  })

  it('of structured output: a success without the object is an error', async () => {
    const outputFormat = {
      type: 'json_schema' as const,
      schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    }
    const good = start({ turns: [{ structuredOutput: { n: 3 } }] }, { outputFormat })
    expect(await good.run).toMatchObject({ status: 'completed', structuredOutput: { n: 3 } })
    const bad = start({ rules: [{ reply: 'No object today.' }] }, { outputFormat })
    expect(await bad.run).toMatchObject({ status: 'failed', error: { code: 'structured_output_invalid' } })
  })

  it.each<[string, Partial<RunAgentOptions> & Record<string, unknown>, string]>([
    ['a missing folder', { cwd: '/nonexistent/folder' }, 'working_directory_missing'],
    ['an option of the SDK that Perdure owns', { maxBudgetUsd: 1 }, 'option_not_supported'],
    ['an option that nobody knows', { maxTurnz: 3 }, 'invalid_request'],
    ['an empty prompt', { prompt: '  ' }, 'invalid_request'],
    ['a session that does not exist', { sessionId: 'sesn_01m7zcpj2ze1xbknkwn1jrvsyp' }, 'session_not_found'],
    ['a binary that does not exist', { pathToClaudeCodeExecutable: '/nonexistent/claude' }, 'agent_binary_missing'],
  ])('before anything starts reject: %s', async (_, options, code) => {
    const { run, model } = start({ turns: ['Never.'] }, options)
    await expect(run).rejects.toMatchObject({ name: 'PerdureError', code, hint: expect.any(String) as string })
    expect(model.requests).toEqual([])
  })

  it('of the options’ form are thrown at once', () => {
    expect(() => runAgent({ prompt: 'x', timeoutMs: -1 })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(() => runAgent({ prompt: 'x', fork: true })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(() => runAgent({ prompt: 'x', sessionId: 'nonsense' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    )
  })
})
