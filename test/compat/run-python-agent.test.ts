import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import {
  createSession,
  PerdureError,
  runPythonAgent,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
  type AgentConfig,
} from '../../src/index.ts'
import { Workplace } from './rig.ts'

afterAll(() => processRuntime().close())
afterEach(() => vi.unstubAllEnvs())

const slowTool = [
  { when: { toolResult: false }, reply: { text: 'I wait.', tool: { name: 'Bash', input: { command: 'sleep 30' } } } },
  { reply: 'Done.' },
]

test('a text is the answer; the session goes on by its id; the agent bypasses no permissions', async () => {
  using workplace = new Workplace({ turns: ['Noted.', 'Plum.'] })
  const session = await createSession({ cwd: workplace.folder, dataDirectory: workplace.dataDirectory })
  const promise = runPythonAgent({ prompt: 'remember plum', sessionId: session.id, ...workplace.options })
  const modes: string[] = []
  promise.run.onEvent((event) => event.type === 'perdure.agent_started' && modes.push(event.permission_mode))
  expect(promise).toBeInstanceOf(Promise)
  expect(await promise).toBe('Noted.')
  expect(modes).toEqual(['default'])
  expect(await runPythonAgent({ prompt: 'which fruit?', sessionId: session.id, ...workplace.options })).toBe('Plum.')
  expect(workplace.userTexts(1)).toEqual(['remember plum', 'which fruit?'])
})

test('an interrupted agent rejects with what it had said, after the callbacks have heard of it', async () => {
  using workplace = new Workplace(slowTool)
  const heard: unknown[] = []
  let interrupt: (() => Promise<void>) | undefined
  const promise = runPythonAgentStreaming({
    prompt: 'wait',
    ...workplace.options,
    onStream: {
      onUserInterrupt: (end) => {
        heard.push('interruptible')
        interrupt = end
      },
      onStart: () => heard.push('start'),
      onToolUse: () => void interrupt!(),
      onError: (code) => heard.push(code),
      onResult: () => heard.push('result'),
      onComplete: (...ending) => heard.push(ending),
    },
  })
  const error: unknown = await promise.catch((reason: unknown) => reason)
  expect(PerdureError.is(error)).toBe(true)
  expect(error).toMatchObject({
    code: 'cancelled',
    details: { partialText: 'I wait.', sessionId: promise.run.sessionId, runId: promise.run.runId },
  })
  expect(heard).toEqual(['interruptible', 'start', 'cancelled', ['error', 'I wait.']])
})

test('a model that fails for a moment is asked again, and onRetry hears of it', async () => {
  using workplace = new Workplace([{ when: { times: 1 }, reply: { error: { status: 500 } } }, { reply: 'Done.' }])
  const retries: unknown[] = []
  const answer = await runPythonAgent({
    prompt: 'Your task',
    ...workplace.options,
    retryPolicy: { maxAttempts: 3, backoffMultiplier: 2, retryableErrors: ['RATE_LIMIT', 'SERVER_ERROR'] },
    onRetry: (attempt, error) => retries.push([attempt, error.code]),
  })
  expect(answer).toBe('Done.')
  expect(retries).toEqual([[1, 'server_error']])
})

test('a retry policy that cannot be right is refused', async () => {
  using workplace = new Workplace([])
  const retryPolicy = { retryableErrors: ['RATE_LIMITS'] } as object
  const promise = runPythonAgent({ prompt: 'Your task', ...workplace.options, retryPolicy })
  await expect(promise).rejects.toMatchObject({ code: 'invalid_request', details: { option: 'retryPolicy' } })
})

test('timeout counts seconds', async () => {
  using workplace = new Workplace(slowTool)
  const result = await runPythonAgentDetailed({ prompt: 'wait', timeout: 5, ...workplace.options })
  expect(result).toMatchObject({ stdout: 'I wait.', exitCode: 1 })
  expect(result.stderr).toMatch(/^deadline_exceeded: /)
})

test('verbose writes the stream to standard error as lines of JSON', async () => {
  using workplace = new Workplace({ turns: ['Hello.'] })
  const lines: unknown[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(line) > 0)
  try {
    await runPythonAgent({ prompt: 'hi', verbose: true, ...workplace.options })
  } finally {
    write.mockRestore()
  }
  const events = lines.flatMap((line) => (String(line).startsWith('{') ? [JSON.parse(String(line)) as object] : []))
  expect(events[0]).toEqual({ type: 'start', data: { prompt: 'hi' } })
  expect(events.slice(-2)).toEqual([
    {
      type: 'result',
      data: {
        result: 'Hello.',
        duration_ms: expect.any(Number),
        cost: expect.any(Number),
        usage: {
          input_tokens: expect.any(Number),
          output_tokens: expect.any(Number),
          cache_read_input_tokens: expect.any(Number),
        },
      },
    },
    { type: 'complete', data: { status: 'success', result: 'Hello.' } },
  ])
})

test('what keeps an agent from starting is a result of the detailed form, and an error of the others', async () => {
  for (const name of ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN']) vi.stubEnv(name, '')
  vi.stubEnv('CLAUDE_CONFIG_DIR', '/nobody-is-logged-in-here')
  using workplace = new Workplace([])
  const { upstream: _none, ...config } = { prompt: 'go', ...workplace.options }
  expect(await runPythonAgentDetailed(config)).toMatchObject({
    stdout: '',
    exitCode: 6,
    stderr: expect.stringMatching(/^credentials_missing: /),
  })
  await expect(runPythonAgent(config)).rejects.toMatchObject({ code: 'credentials_missing' })
})

describe('refused, naming what to do', () => {
  const refused: [string, Partial<AgentConfig>][] = [
    ['telemetry', { telemetry: { exporter: 'langfuse' } }],
    ['observability', { observability: { sample: 0.1 } }],
    ['observability', { observability: {} }],
    ['mcpServers', { mcpServers: ['github'] }],
    ['timeoutMs', { timeoutMs: 5 } as object],
  ]

  test.each(refused)('%s', async (option, config) => {
    using workplace = new Workplace([])
    for (const run of [runPythonAgent, runPythonAgentStreaming, runPythonAgentDetailed]) {
      const promise = run({ prompt: 'go', ...workplace.options, ...config })
      await expect(promise).rejects.toMatchObject({ code: 'option_not_supported', details: { option } })
      await expect(promise.run).rejects.toMatchObject({ code: 'option_not_supported' })
    }
    await sleep(10)
    expect(workplace.model.requests).toEqual([])
  })

  test.each<[string, object]>([
    ['no prompt', { prompt: undefined }],
    ['an empty prompt', { prompt: ' ' }],
    ['a timeout of no seconds', { timeout: 0 }],
    ['an unknown option', { retries: 3 }],
  ])('%s is a wrong call', async (_what, config) => {
    using workplace = new Workplace([])
    const promise = runPythonAgentDetailed({ prompt: 'go', ...workplace.options, ...config })
    await expect(promise).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('a sample of nothing asks for nothing', async () => {
    using workplace = new Workplace({ turns: ['Yes.'] })
    expect(await runPythonAgent({ prompt: 'go', observability: { sample: 0 }, ...workplace.options })).toBe('Yes.')
  })
})
