import { afterAll, describe, expect, it } from 'vitest'
import type { ModelObservation } from '../src/ports/model-observation.ts'
import { makePlace, runRealAgent } from './gateway/real-agent.ts'

const places: ReturnType<typeof makePlace>[] = []
const newPlace = () => {
  const place = makePlace()
  places.push(place)
  return place
}
afterAll(() => places.forEach((place) => place.remove()))

const endsOf = (seen: readonly ModelObservation[]) => seen.flatMap((one) => (one.type === 'end' ? [one.how] : []))
const kindsOf = (seen: readonly ModelObservation[]) => seen.flatMap((one) => (one.type === 'request' ? [one.kind] : []))

describe('the real agent, played by a script', () => {
  it.each(['claude-opus-5-5', 'claude-sonnet-4-5'])(
    'thinks, speaks, calls tools in parallel and asks a sub-agent (%s)',
    async (model) => {
      const agents = { worker: { description: 'Works', prompt: 'You are the worker.', tools: ['Bash'] } }
      const { result, text, seen, requests } = await runRealAgent({
        place: newPlace(),
        options: { model, agents },
        script: [
          {
            when: { turn: 1, request: 1, agent: false },
            reply: {
              thinking: 'two commands and a helper',
              text: 'Working in {{cwd}}',
              tools: [
                { name: 'Bash', input: { command: 'echo one' } },
                { name: 'Bash', input: { command: 'echo two > two.txt && cat two.txt' } },
              ],
              agent: { type: 'worker', prompt: 'run a command' },
            },
          },
          {
            when: { agent: 'You are the worker', request: 1 },
            reply: { tool: { name: 'Bash', input: { command: 'echo sub' } } },
          },
          { when: { agent: true, toolResult: { text: 'sub' } }, reply: 'the worker saw {{toolResult}}' },
          {
            when: { agent: false, toolResult: { tool: 'Agent', text: 'the worker saw sub' } },
            reply: 'results: {{toolResult}}',
          },
        ],
      })
      expect(result).toMatchObject({ subtype: 'success', is_error: false })
      expect(text).toMatch(/Working in \/.*results: .*one/s)
      expect(result).toMatchObject({ result: expect.stringContaining('two') as string })
      const threads = seen.flatMap((one) => (one.type === 'request' ? [one.thread] : []))
      expect(threads.filter((thread) => thread === null)).toHaveLength(2)
      expect(new Set(threads).size).toBe(2)
      expect(endsOf(seen)).toEqual(['complete', 'complete', 'complete', 'complete'])
      expect(requests.every(({ status }) => status === 200)).toBe(true)
    },
  )

  it('retries 529 and goes on', async () => {
    const { result, seen } = await runRealAgent({
      place: newPlace(),
      script: { turns: [{ error: { status: 529 } }, 'recovered'] },
    })
    expect(result).toMatchObject({ is_error: false, result: 'recovered' })
    expect(endsOf(seen)).toEqual(['http_error', 'complete'])
  })

  it('repeats a request whose answer was cut or ended early', async () => {
    const turns = [
      { text: 'lost in the cut', cutAfterEvents: 3 },
      { text: 'ends too early', endEarlyAfterEvents: 4 },
      'recovered',
    ]
    const { result, seen } = await runRealAgent({ place: newPlace(), script: { turns } })
    expect(result).toMatchObject({ is_error: false, result: 'recovered' })
    expect(endsOf(seen)).toEqual(['upstream_cut', 'upstream_cut', 'complete'])
  })

  it('asks again in one piece after an error event, and after a 404', async () => {
    for (const fault of [{ text: 'never whole', errorEventAfter: 2 }, { error: { status: 404 } }]) {
      const { result, seen } = await runRealAgent({ place: newPlace(), script: { turns: [fault, 'in one piece'] } })
      expect(result).toMatchObject({ is_error: false, result: 'in one piece' })
      expect(seen.flatMap((one) => (one.type === 'request' ? [one.streamed] : []))).toEqual([true, false])
      expect(seen.some((one) => one.type === 'message' && one.blocks[0]?.text === 'in one piece')).toBe(true)
    }
  })

  it('leaves a stalled stream by its watchdog', async () => {
    const { result, seen } = await runRealAgent({
      place: newPlace(),
      script: { turns: [{ text: 'falls silent', stallAfterEvents: 3 }, 'recovered'] },
      env: { CLAUDE_ENABLE_BYTE_WATCHDOG: '1', CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: '10000' },
    })
    expect(result).toMatchObject({ is_error: false, result: 'recovered' })
    expect(endsOf(seen)).toEqual(['client_abort', 'complete'])
  })

  it('fills structured output', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const { result } = await runRealAgent({
      place: newPlace(),
      options: { outputFormat: { type: 'json_schema', schema } },
      script: { turns: [{ structuredOutput: { n: 'no number' } }, { structuredOutput: { n: 7 } }] },
    })
    expect(result).toMatchObject({ is_error: false, structured_output: { n: 7 } })
  })

  it('resumes in a new process where the list of turns stood, and rules still count', async () => {
    const place = newPlace()
    const first = await runRealAgent({
      place,
      script: { turns: [{ tool: { name: 'Bash', input: { command: 'pwd' } } }, 'first', 'second'] },
    })
    expect(first.result).toMatchObject({ result: 'first' })
    const options = { resume: first.result.session_id }
    const turns = [{ tool: { name: 'Bash', input: { command: 'pwd' } } }, 'first', 'second']
    const second = await runRealAgent({ place, options, prompt: 'go on', script: { turns } })
    expect(second.result).toMatchObject({ result: 'second', session_id: first.result.session_id })
    const rules = [{ when: { turn: 3, request: 4, lastUserText: 'third prompt' }, reply: 'third' }]
    const third = await runRealAgent({ place, options, prompt: 'third prompt', script: { rules } })
    expect(third.result).toMatchObject({ result: 'third' })
  })

  it('compacts on request, and titles its session, without spending a turn', async () => {
    const place = newPlace()
    const env = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: undefined }
    const prompt = 'say something that deserves a title'
    const first = await runRealAgent({ place, prompt, script: { turns: ['first'] }, env })
    expect(first.result).toMatchObject({ result: 'first' })
    expect(kindsOf(first.seen).toSorted()).toEqual(['side', 'turn'])
    const compacted = await runRealAgent({
      place,
      prompt: '/compact',
      options: { resume: first.result.session_id },
      script: { turns: [] },
    })
    expect(kindsOf(compacted.seen)).toEqual(['compaction'])
    expect(
      compacted.messages.some((message) => message.type === 'system' && message.subtype === 'compact_boundary'),
    ).toBe(true)
  })

  it('searches the web by an inner call that is set aside', async () => {
    const { result, seen } = await runRealAgent({
      place: newPlace(),
      options: { tools: ['WebSearch'] },
      script: { turns: [{ tool: { name: 'WebSearch', input: { query: 'weather' } } }, 'searched'] },
    })
    expect(result).toMatchObject({ is_error: false, result: 'searched' })
    expect(kindsOf(seen)).toEqual(['turn', 'side', 'turn'])
  })

  it('stops at once, and says why, when the script has no answer', async () => {
    const { result, requests } = await runRealAgent({
      place: newPlace(),
      script: [{ when: { lastUserText: 'something else' }, reply: 'x' }],
    })
    expect(result).toMatchObject({ is_error: true, api_error_status: 400 })
    expect(JSON.stringify(result)).toContain(
      'The script has no answer for this request (main thread; turn 1; request 1',
    )
    expect(requests.length).toBeLessThanOrEqual(6)
  })
})
