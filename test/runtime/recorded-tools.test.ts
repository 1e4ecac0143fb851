import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { MemoryStorage, runAgent, type RunAgentOptions, type SessionStreamEvent } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'
import { processesWatched } from '../support/watch-processes.ts'

const bash = (command: string) => ({ name: 'Bash', input: { command } })
const write = { name: 'Write', input: { file_path: '{{cwd}}/w.txt', content: 'one\n' } }
const read = { name: 'Read', input: { file_path: '{{cwd}}/w.txt' } }
const edit = { name: 'Edit', input: { file_path: '{{cwd}}/w.txt', old_string: 'one', new_string: 'two' } }

/** Works in its folder, with results that no second run would have. */
const worker: Script = {
  rules: [
    { when: { agent: true, request: 1 }, reply: { tool: bash('echo sub $RANDOM | tee sub.txt') } },
    { when: { agent: true, request: 2 }, reply: 'the helper saw {{toolResult}}' },
  ],
  turns: [
    { text: 'I begin.', tool: bash('touch made.txt; echo $RANDOM') },
    { tools: [write, bash('exit 3'), bash('sleep 0.2; cat /proc/sys/kernel/random/uuid')] },
    { tools: [read] },
    { tools: [edit] },
    { tools: [bash('date +%N; cat w.txt; pwd')] },
    { agent: { type: 'helper', prompt: 'help out' } },
    { text: 'It was {{toolResult}}', tools: [bash('echo last $RANDOM')] },
    'Done after {{toolResult}}.',
  ],
}

const bypass: Partial<RunAgentOptions> = {
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
  env: { IS_SANDBOX: '1' },
  agents: { helper: { description: 'helps', prompt: 'You help.', tools: ['Bash'] } },
}

interface Finished {
  readonly outcome: Awaited<ReturnType<typeof runAgent>>
  readonly events: readonly SessionStreamEvent[]
  readonly cwd: string
}

async function finish(options: Partial<RunAgentOptions>): Promise<Finished> {
  const cwd = options.cwd ?? scratchFolder()
  const run = runAgent({ prompt: 'Work.', storage: new MemoryStorage(), ...options, cwd })
  const events: SessionStreamEvent[] = []
  const reading = (async () => {
    for await (const event of run) events.push(event)
  })()
  const outcome = await run
  await reading
  return { outcome, events, cwd }
}

async function record(script: Script, options: Partial<RunAgentOptions> = bypass) {
  const path = join(scratchFolder(), 'cassette')
  return { path, ...(await finish({ ...options, record: path, upstream: scriptedModel(script) })) }
}

const replay = (path: string, options: Partial<RunAgentOptions> = bypass): Promise<Finished> =>
  finish({ ...options, replay: { path, tools: 'recorded' } })

/** What was said and done, in the words of the log, less what is of one run: ids, its folder, what a sub-agent took. */
function story({ events, cwd }: Finished): string[] {
  return events
    .flatMap((event) => {
      if (event.type === 'agent.message') return [JSON.stringify(event.content)]
      if (event.type === 'agent.tool_use') return [JSON.stringify([event.name, event.input])]
      if (event.type !== 'agent.tool_result') return []
      return [JSON.stringify([event.is_error, (event.content ?? []).map((block) => ('text' in block ? block.text : ''))])]
    })
    .map((line) => line.replaceAll(cwd, '/work').replaceAll(/\ba[0-9a-f]{16}\b/g, 'agent').replaceAll(/duration_ms: \d+/g, ''))
    .toSorted()
} // prettier-ignore

describe('a replay with recorded tools', () => {
  requires('linux').test('tells the same story in an empty folder, where nothing happens', async () => {
    const recorded = await record(worker)
    expect(recorded.outcome).toMatchObject({ status: 'completed' })
    expect(readdirSync(recorded.cwd).toSorted()).toEqual(['made.txt', 'sub.txt', 'w.txt'])

    const { result: replayed, commands } = await processesWatched(() => replay(recorded.path))
    expect(replayed.outcome).toMatchObject({ status: 'completed', text: recorded.outcome.text })
    expect(replayed.outcome.text).toMatch(/^Done after last \d+\.$/)
    expect(story(replayed)).toEqual(story(recorded))
    expect(story(replayed).filter((line) => line.startsWith('[true'))).toEqual(['[true,["Exit code 3"]]'])
    expect(readdirSync(replayed.cwd)).toEqual([])
    const expected = /claude --output-format|perdure-host-watch/
    expect(commands.filter((command) => !expected.test(command))).toEqual([])
  })

  test('asks nobody: what was refused then is refused again', async () => {
    const script: Script = {
      turns: [{ tool: { name: 'Write', input: { file_path: 'x.txt', content: 'x' } } }, 'Pity.'],
    }
    const options: Partial<RunAgentOptions> = { canUseTool: async () => ({ behavior: 'deny', message: 'not today' }) }
    const recorded = await record(script, options)
    let asked = 0
    const replayed = await replay(recorded.path, {
      canUseTool: async (_name, input) => {
        asked += 1
        return { behavior: 'allow', updatedInput: input }
      },
    })
    expect(replayed.outcome).toMatchObject({ status: 'completed', text: 'Pity.' })
    expect(story(replayed)).toEqual(story(recorded))
    expect(story(replayed).join()).toContain('not today')
    expect(asked).toBe(0)
    expect(readdirSync(replayed.cwd)).toEqual([])
  })

  test('fills structured output', async () => {
    const options: Partial<RunAgentOptions> = {
      ...bypass,
      outputFormat: {
        type: 'json_schema',
        schema: { type: 'object', properties: { found: { type: 'number' } }, required: ['found'] },
      },
    }
    const recorded = await record(
      { turns: [{ tool: bash('echo 7 | tee n.txt') }, { structuredOutput: { found: 7 } }] },
      options,
    )
    const replayed = await replay(recorded.path, options)
    expect(replayed.outcome).toMatchObject({ status: 'completed', structuredOutput: { found: 7 } })
    expect(readdirSync(replayed.cwd)).toEqual([])
  })

  test('has stand-ins for servers that are not there, with what the model was told of them', async () => {
    const server = () =>
      createSdkMcpServer({
        name: 'dice',
        instructions: 'Throw them once.',
        tools: [tool('throw', 'throws dice', { count: z.number() }, async ({ count }) => ({ content: [{ type: 'text' as const, text: `${count} dice: ${Math.random()}` }] }))],
      }) // prettier-ignore
    const script: Script = {
      turns: [
        { tool: { name: 'ToolSearch', input: { query: 'select:mcp__dice__throw', max_results: 1 } } },
        { tool: { name: 'mcp__dice__throw', input: { count: 2 } } },
        'I saw {{toolResult}}.',
      ],
    }
    const options = { ...bypass, tools: ['Bash', 'ToolSearch'] }
    const recorded = await record(script, { ...options, mcpServers: { dice: server() } })
    const replayed = await replay(recorded.path, options)
    expect(replayed.outcome).toMatchObject({ status: 'completed', text: recorded.outcome.text })
    expect(replayed.outcome.text).toMatch(/2 dice: 0\.\d+/)
  })

  test.each([
    ['a sub-agent that failed', { agent: { type: 'helper', prompt: 'help' } }],
    ['a search', { tool: { name: 'WebSearch', input: { query: 'anything' } } }],
  ])('ends well after %s', async (_what, call) => {
    const script: Script = {
      rules: [{ when: { agent: true }, reply: { error: { status: 400, message: 'no helper today' } } }],
      turns: [call, 'Then without.'],
    }
    const options = { ...bypass, tools: ['Bash', 'Agent', 'WebSearch'] }
    const recorded = await record(script, options)
    const replayed = await replay(recorded.path, options)
    expect(replayed.outcome).toMatchObject({ status: 'completed', text: 'Then without.' })
    expect(story(replayed)).toEqual(story(recorded))
  })

  test('leaves a session that goes on from the recorded results', async () => {
    const recorded = await record({ turns: [{ tool: bash('echo the number is $RANDOM') }, 'I saw {{toolResult}}.'] })
    const storage = new MemoryStorage()
    const replayed = await replay(recorded.path, { ...bypass, storage })
    const model = scriptedModel([{ reply: 'Well remembered.' }])
    const resumed = await finish({ ...bypass, storage, sessionId: replayed.outcome.sessionId, upstream: model })
    expect(resumed.outcome).toMatchObject({ status: 'completed', text: 'Well remembered.' })
    const wire = JSON.stringify(model.requests.at(-1)?.body)
    expect(wire).toMatch(/"type":"tool_result"[^}]*the number is \d+/)
    expect(wire).not.toContain('comes from the recording')
  })

  test('stops at a call whose result the recording lacks, and names it', async () => {
    const { path } = await record({
      turns: [{ tool: bash('echo one > one.txt') }, { tool: bash('echo two') }, 'Done.'],
    })
    const manifest = join(path, 'cassette.jsonl')
    const lines = readFileSync(manifest, 'utf8').split('\n')
    const first = lines.findIndex((line) => line.includes('"type":"tool"'))
    writeFileSync(manifest, lines.toSpliced(first, 1).join('\n'))
    const { outcome, cwd } = await replay(path)
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'replay_diverged' } })
    const message = outcome.status === 'failed' ? outcome.error.message : ''
    expect(message).toContain('no result of the tool call Bash {"command":"echo one > one.txt"}')
    expect(message).toContain('Recorded and not made yet:\n  Bash {"command":"echo two"}')
    expect(readdirSync(cwd)).toEqual([])
  })

  test('stops at another prompt before any tool is called', async () => {
    const { path } = await record({ turns: [{ tool: bash('echo one') }, 'Done.'] })
    const { outcome, events } = await replay(path, { ...bypass, prompt: 'Rest.' })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'replay_diverged' } })
    expect(events.map(({ type }) => type)).not.toContain('agent.tool_use')
  })
})
