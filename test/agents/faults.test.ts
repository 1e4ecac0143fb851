import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { PerdureError } from '../../src/errors/perdure-error.ts'
import { MapTranscripts, reportsOf, runAgent, startAgent, TestFolder } from './agent-rig.ts'

const bash = (command: string, more: Record<string, unknown> = {}) => ({
  tool: { name: 'Bash', input: { command, ...more } },
})
const allowBash = { allowedTools: ['Bash(*)'] }

describe('an agent that fails', () => {
  test('killed in the middle of a turn: agent_exited, with what is known of its end', async () => {
    using folder = new TestFolder()
    const { error } = await runAgent({
      cwd: folder.path,
      prompt: 'end it',
      options: allowBash,
      script: { turns: [bash('kill -9 $PPID')] },
    })
    expect(error).toMatchObject({ code: 'agent_exited', retryable: true, details: { signal: 'SIGKILL' } })
  })

  test('refused by its own command line: agent_start_failed, with its last words', async () => {
    using folder = new TestFolder()
    const options = { extraArgs: { 'no-such-flag': null } }
    const { error, reports } = await runAgent({ cwd: folder.path, prompt: 'go', options, script: { turns: [] } })
    expect(error).toMatchObject({ code: 'agent_start_failed', details: { exitCode: 1 } })
    expect(error?.message).toContain('no-such-flag')
    expect(reportsOf(reports, 'agent_started')).toEqual([])
  })

  test('a binary that cannot run: agent_start_failed', async () => {
    using folder = new TestFolder()
    const options = { pathToClaudeCodeExecutable: '/dev/null' }
    const { error } = await runAgent({ cwd: folder.path, prompt: 'go', options, script: { turns: [] } })
    expect(error?.code).toBe('agent_start_failed')
  })

  test('a conversation without a transcript: session_not_found', async () => {
    using folder = new TestFolder()
    const conversation = { kind: 'resume', agentSessionId: randomUUID() } as const
    const { error } = await runAgent({ cwd: folder.path, prompt: 'go', conversation, script: { turns: ['x'] } })
    expect(error?.code).toBe('session_not_found')
  })
})

describe('a transcript that cannot be written', () => {
  const brokenBy = async (failure: Error) => {
    using folder = new TestFolder()
    const transcripts = new MapTranscripts()
    transcripts.failure = failure
    const turns = [bash('sleep 20'), 'never reached']
    return await runAgent({ cwd: folder.path, prompt: 'go', options: allowBash, transcripts, script: { turns } })
  }

  test('stops the agent with transcript_lost, before it goes on in vain', async () => {
    const { error, requests } = await brokenBy(new Error('disk full'))
    expect(error).toMatchObject({ code: 'transcript_lost', message: expect.stringContaining('disk full') })
    expect(requests.length).toBeLessThan(2)
  })

  test('stops it with the error of a storage that is lost', async () => {
    const { error, requests } = await brokenBy(new PerdureError('storage_failed', 'cannot be reached'))
    expect(error).toMatchObject({ code: 'storage_failed', message: 'cannot be reached' })
    expect(requests.length).toBeLessThan(2)
  })

  test('stops it with lease_lost when another has taken the session', async () => {
    const { error, requests } = await brokenBy(new PerdureError('lease_lost', 'taken over'))
    expect(error).toMatchObject({ code: 'lease_lost', message: 'taken over' })
    expect(requests.length).toBeLessThan(2)
  })
})

describe('a model that fails ends the turn with an error of ours, not the reports', () => {
  const failing = async (turns: Parameters<typeof runAgent>[0]['script'], env: Record<string, string> = {}) => {
    using folder = new TestFolder()
    const options = { env: { CLAUDE_CODE_MAX_RETRIES: '0', ...env } }
    const finished = await runAgent({ cwd: folder.path, prompt: 'go', options, script: turns })
    expect(finished.error).toBeUndefined()
    return finished.reports
  }

  test.each([
    [401, 'authentication_failed', undefined],
    [402, 'billing_error', undefined],
    [403, 'permission_denied', undefined],
    [404, 'model_not_found', undefined],
    [400, 'model_request_rejected', 'this is odd'],
    [400, 'billing_error', 'Your credit balance is too low'],
    [400, 'prompt_too_long', 'prompt is too long: 300000 tokens > 200000 maximum'],
    [413, 'request_too_large', undefined],
    [429, 'rate_limited', undefined],
    [500, 'server_error', undefined],
    [529, 'overloaded', undefined],
  ] as const)('%i is %s', async (status, code, message) => {
    const reports = await failing([{ reply: { error: { status, ...(message === undefined ? {} : { message }) } } }])
    expect(reportsOf(reports, 'turn_ended').at(-1)).toMatchObject({ isError: true, error: { code } })
    expect(reportsOf(reports, 'model_error').at(-1)?.error.code).toBe(code)
  })

  test('a connection that breaks is retried, said so, and then is connection_failed', async () => {
    const reports = await failing([{ reply: { text: 'x', cutAfterEvents: 1 } }], { CLAUDE_CODE_MAX_RETRIES: '1' })
    expect(reportsOf(reports, 'retrying')[0]).toMatchObject({ thread: null, attempt: 1, maxAttempts: 1 })
    expect(reportsOf(reports, 'turn_ended').at(-1)).toMatchObject({
      error: { code: 'connection_failed', retryable: true },
    })
  })
})

describe('the end', () => {
  test('comes after every input has its answer, with the permission channel open until then', async () => {
    using folder = new TestFolder()
    const asked: string[] = []
    await using agent = await startAgent({
      cwd: folder.path,
      askPermission: async ({ toolName, input }) => {
        asked.push(`${toolName} ${String(input['command'])}`)
        return { result: 'allow' }
      },
      script: { turns: [bash('touch one'), 'first', bash('touch two'), 'second'] },
    })
    agent.say('one', 'later')
    agent.say('two', 'later')
    agent.process.endInput()
    expect(await agent.ended).toBeUndefined()
    expect(asked).toEqual(['Bash touch one', 'Bash touch two'])
    expect(reportsOf(agent.seen, 'turn_ended').map(({ text }) => text)).toEqual(['first', 'second'])
  })

  test('does not wait for a command in the background that never ends', async () => {
    using folder = new TestFolder()
    const { error, reports } = await runAgent({
      cwd: folder.path,
      prompt: 'watch',
      endingTimeoutMs: 1_000,
      options: { ...allowBash, env: { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: undefined } },
      script: { turns: [bash('tail -f /dev/null', { run_in_background: true }), 'watching'] },
    })
    expect(error).toBeUndefined()
    expect(reportsOf(reports, 'turn_ended')[0]?.text).toBe('watching')
  }, 20_000)

  test('comes at once to an agent that was told nothing', async () => {
    using folder = new TestFolder()
    await using agent = await startAgent({ cwd: folder.path, script: { turns: [] } })
    agent.process.endInput()
    expect(await agent.ended).toBeUndefined()
    expect(await agent.process.interrupt()).toEqual([])
  })
})
