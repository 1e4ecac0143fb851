import { afterAll, describe, expect, test, vi } from 'vitest'
import {
  calculateCost,
  categorizeError,
  createLineBufferedHandler,
  createSession,
  executeTurn,
  getSession,
  parseTokenUsage,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
  SUPPORTED_MODELS,
  traceAgentExecution,
} from '../../src/compat/index.ts'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import { compatSource, runModule, Workplace } from './rig.ts'

// Each was measured or read in the boilerplate whose names `perdure/compat` has.

afterAll(() => processRuntime().close())

const lookAround = [
  { when: { toolResult: false }, reply: { text: 'Looking.', tool: { name: 'Bash', input: { command: 'echo seen' } } } },
  { reply: { text: 'I have seen it all by now.', chunkDelayMs: 20 } },
]

test('fault 1: importing the package keeps Node alive', async () => {
  const end = await runModule(`await import(${JSON.stringify(compatSource)}); console.log('imported')`)
  expect(end).toMatchObject({ exitCode: 0, stdout: 'imported\n' })
})

describe('fault 2: a failing agent is run twice', () => {
  test('a traced function that throws is called once, and its error comes through', async () => {
    const error = new Error('boom')
    const fn = vi.fn(async () => Promise.reject(error))
    await expect(traceAgentExecution('run', {}, fn)).rejects.toBe(error)
    expect(fn).toHaveBeenCalledOnce()
  })

  test('asked for traces that it cannot write, it refuses before the function is called', async () => {
    vi.stubEnv('BRAINTRUST_API_KEY', 'key')
    try {
      const fn = vi.fn(async () => 'ran')
      await expect(traceAgentExecution('run', {}, fn)).rejects.toMatchObject({ code: 'option_not_supported' })
      expect(fn).not.toHaveBeenCalled()
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('fault 3: the last line is lost when it has no newline', () => {
  test('an event is delivered as soon as its line is complete', () => {
    const lines: string[] = []
    const take = createLineBufferedHandler((line) => lines.push(line))
    for (const chunk of ['{"type":"text","da', 'ta":{"text":"a}"}', '}\n{"type":"text","data":{}}']) take(chunk)
    expect(lines).toEqual(['{"type":"text","data":{"text":"a}"}}', '{"type":"text","data":{}}'])
    take('\n')
    expect(lines).toHaveLength(2)
  })

  test('any other line by flush, once', () => {
    const lines: string[] = []
    const take = createLineBufferedHandler((line) => lines.push(line))
    take('one\r\n\r\ntw')
    take('o')
    expect(lines).toEqual(['one'])
    take.flush()
    take.flush()
    expect(lines).toEqual(['one', 'two'])
  })
})

test.each([
  ['429 Too Many Requests', 'api_error'],
  ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'api_error'],
  ['Error: 529 {"type":"error"}', 'api_error'],
  ['API Error: 500 Internal server error', 'api_error'],
  ['rate_limited: Too many tokens per minute.', 'api_error'],
  ['credentials_missing: There is no credential.', 'api_error'],
  ['deadline_exceeded: The run took longer than 2 s.', 'timeout'],
  ['bash: line 429: foo: command not found', 'tool_error'],
  ['sandbox could not be created', 'sandbox_error'],
  ['Segmentation fault', 'unknown'],
])('fault 4: errors of the API count as unknown: %s is %s', (stderr, kind) => {
  expect(categorizeError(1, stderr)).toBe(kind)
  expect(categorizeError(124, stderr)).toBe('timeout')
})

test('fault 5: the exit code of a failed agent cannot be reached', async () => {
  using workplace = new Workplace([
    { when: { toolResult: false }, reply: { text: 'I begin.', tool: { name: 'Bash', input: { command: 'true' } } } },
    { reply: { error: { status: 400, message: 'not like this' } } },
  ])
  const result = await runPythonAgentDetailed({ prompt: 'go', ...workplace.options })
  expect(result.exitCode).toBe(1)
  expect(result.stderr).toMatch(/^model_request_rejected: .*not like this/)
  expect(categorizeError(result.exitCode, result.stderr)).toBe('api_error')
  // The agent repeats a refused request in plainer forms; a second run would begin the conversation again (fault 2).
  const lengths = workplace.model.requests.map(({ body }) => (body as { messages: unknown[] }).messages.length)
  expect(lengths.filter((length) => length === 1)).toHaveLength(1)
})

test('faults 6, 7 and 9: tool results are not heard, text does not stream, the model is not passed on', async () => {
  using workplace = new Workplace(lookAround)
  const heard: [string, ...unknown[]][] = []
  const hear =
    (name: string) =>
    (...values: unknown[]): void =>
      void heard.push([name, ...values])
  const text = await runPythonAgentStreaming({
    prompt: 'look around',
    model: SUPPORTED_MODELS.OPUS,
    ...workplace.options,
    onStream: {
      onStart: hear('start'),
      onText: hear('text'),
      onToolUse: hear('tool_use'),
      onToolResult: hear('tool_result'),
      onError: hear('error'),
      onResult: hear('result'),
      onComplete: hear('complete'),
    },
  })
  const [, toolUseId] = heard.find(([name]) => name === 'tool_use')!
  const pieces = heard.slice(heard.findIndex(([name]) => name === 'tool_result') + 1, -2)
  expect(text).toBe('I have seen it all by now.')
  expect(pieces.map(([, piece]) => piece).join('')).toBe(text)
  expect(pieces.length).toBeGreaterThan(3)
  expect(heard.filter((call) => !pieces.includes(call))).toEqual([
    ['start', { prompt: 'look around' }],
    ['text', 'Looking.'],
    ['tool_use', toolUseId, 'Bash', { command: 'echo seen' }],
    ['tool_result', toolUseId, 'seen', false],
    ['result', text, expect.any(Number), expect.any(Number)],
    ['complete', 'success', text],
  ])
  expect(workplace.model.requests.map(({ body }) => (body as { model: string }).model)).toEqual(
    Array(2).fill(SUPPORTED_MODELS.OPUS),
  )
})

describe('fault 8: sessions paste their history, live in memory, and do not stop', () => {
  test('the agent resumes its own conversation, hooks hear the tools, and shouldStop ends the session', async () => {
    using workplace = new Workplace({ turns: ['Noted.', ...lookAround.map(({ reply }) => reply)] })
    const { cwd, dataDirectory, upstream } = workplace.options
    const { sessionId } = await createSession(600, { cwd, dataDirectory })
    const session = getSession(sessionId)!
    expect(await executeTurn(sessionId, 'remember plum', { upstream })).toBe('Noted.')
    const results: string[][] = []
    const response = await executeTurn(
      sessionId,
      'look around',
      { upstream },
      {
        onPostToolUse: async (...result) => void results.push(result),
        shouldStop: async (text, turnCount) => text.includes('seen') && turnCount === 2,
      },
    )
    expect(workplace.userTexts(1)).toEqual(['remember plum', 'look around'])
    expect(results).toEqual([['Bash', 'seen']])
    expect(session).toMatchObject({
      turnCount: 2,
      conversationHistory: [
        { turnId: 1, prompt: 'remember plum', response: 'Noted.' },
        { turnId: 2, prompt: 'look around', response },
      ],
    })
    expect(getSession(sessionId)).toBeUndefined()
    await expect(executeTurn(sessionId, 'more', { upstream, dataDirectory })).rejects.toMatchObject({
      code: 'session_not_found',
    })
    expect(workplace.model.requests).toHaveLength(3)
  })

  test('another process goes on with a session by its id, and ends by itself (fault 1 again)', async () => {
    using workplace = new Workplace(['unused'].map((reply) => ({ reply })))
    const { cwd, dataDirectory } = workplace.options
    const turn = (call: string, prompt: string): Promise<{ stdout: string; stderr: string; exitCode: number | null }> =>
      runModule(`
        import { createSession, executeTurn, getSession } from ${JSON.stringify(compatSource)}
        const place = ${JSON.stringify({ cwd, dataDirectory })}
        const script = { turns: ['Noted.', 'Plum.'] }
        const id = ${call}
        await executeTurn(id, ${JSON.stringify(prompt)}, { script, ...place })
        console.log(JSON.stringify(getSession(id)))`)
    const first = await turn('(await createSession(600, place)).sessionId', 'remember plum')
    expect(first).toMatchObject({ exitCode: 0 })
    const { sessionId } = JSON.parse(first.stdout) as { sessionId: string }
    const second = await turn(JSON.stringify(sessionId), 'which fruit?')
    expect(second).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(second.stdout)).toMatchObject({
      sessionId,
      turnCount: 2,
      conversationHistory: [
        { turnId: 1, prompt: 'remember plum', response: 'Noted.' },
        { turnId: 2, prompt: 'which fruit?', response: 'Plum.' },
      ],
    })
  })
})

describe('fault 9: wrong prices', () => {
  const million = { promptTokens: 1_000_000, completionTokens: 1_000_000 }

  test.each([
    [SUPPORTED_MODELS.OPUS, 30],
    [SUPPORTED_MODELS.SONNET, 18],
    ['claude-sonnet-5-5', 12],
    ['claude-opus-5-5', 24],
    ['claude-haiku-4-5', 6],
  ])('a million tokens in and a million out of %s cost $%d', (model, dollars) => {
    expect(calculateCost(model, million).total).toBeCloseTo(dollars, 9)
  })

  test('a model without a known price is an error', () => {
    expect(() => calculateCost('gpt-5', million)).toThrow(expect.objectContaining({ code: 'model_not_found' }))
  })

  test('cache writes count, by how long they last', () => {
    const output = `{"result":"x","usage":{"input_tokens":1050,"output_tokens":230,"cache_read_input_tokens":5000,
      "cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200}}}`
    // What the agent itself reports for these tokens.
    expect(calculateCost('claude-sonnet-4-5', parseTokenUsage(output)).total).toBeCloseTo(0.009675, 12)
  })
})
