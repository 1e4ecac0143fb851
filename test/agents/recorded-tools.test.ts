import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ClaudeAgentOptions } from '../../src/agents/claude/claude-agent-options.ts'
import { recordedTools } from '../../src/gateway/cassette/tools/recorded-tools.ts'
import type { ScriptRule, ScriptToolCall } from '../../src/gateway/upstreams/script/script.ts'
import type { RecordedServer, RecordedTools } from '../../src/ports/recorded-tools.ts'
import type { RecordedToolCall } from '../../src/ports/tool-record.ts'
import {
  bodiesOf, MapTranscripts, reportsOf, resultsOf, runAgent, TestFolder, toolNames, wordsOf, type AgentRun, type FinishedAgent,
} from './agent-rig.ts' // prettier-ignore
import { requires } from '../support/require.ts'
import { processesWatched } from '../support/watch-processes.ts'

const call = (id: string, name: string, input: Record<string, unknown>): ScriptToolCall => ({ id, name, input })

/** A model that works with every kind of tool; its calls have the same ids in every run, as a recording's have. */
const worker = (cwd: string): ScriptRule[] => {
  const main = (request: number, ...tools: ScriptToolCall[]): ScriptRule => ({
    when: { agent: false, request },
    reply: { tools },
  })
  return [
    { when: { agent: true, request: 1 }, reply: { tools: [call('sub_1', 'Bash', { command: 'echo sub $RANDOM > sub.txt; cat sub.txt' })] } },
    { when: { agent: true, request: 2 }, reply: 'the helper is done' },
    main(1, call('bash_1', 'Bash', { command: 'touch made.txt; echo $RANDOM' })),
    main(2,
      call('write_1', 'Write', { file_path: join(cwd, 'w.txt'), content: 'one\n' }),
      call('bash_2', 'Bash', { command: 'exit 3' }),
      call('bash_3', 'Bash', { command: 'sleep 0.2; echo beside' }),
    ),
    main(3, call('read_1', 'Read', { file_path: join(cwd, 'w.txt') })),
    main(4, call('edit_1', 'Edit', { file_path: join(cwd, 'w.txt'), old_string: 'one', new_string: 'two' })),
    main(5, call('mcp_1', 'mcp__clock__now', {})),
    main(6, call('agent_1', 'Agent', { description: 'help', prompt: 'help out', subagent_type: 'helper' })),
    { when: { agent: false, request: 7 }, reply: 'all done' },
  ]
} // prettier-ignore

function optionsWith(clock: () => string): ClaudeAgentOptions {
  return {
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    env: { IS_SANDBOX: '1' },
    agents: { helper: { description: 'helps', prompt: 'You help.', tools: ['Bash'] } },
    mcpServers: {
      clock: createSdkMcpServer({
        name: 'clock',
        tools: [tool('now', 'the time', {}, async () => ({ content: [{ type: 'text' as const, text: clock() }] }))],
      }),
    },
  }
}

interface Recording {
  readonly calls: readonly RecordedToolCall[]
  readonly run: FinishedAgent
}

async function record(run: AgentRun & { prompt: string }): Promise<Recording> {
  const calls: RecordedToolCall[] = []
  const finished = await runAgent({ ...run, recorder: { recordToolCall: async (it) => void calls.push(it) } })
  return { calls, run: finished }
}

const toolsOf = (calls: readonly RecordedToolCall[], servers: readonly RecordedServer[] = []): RecordedTools =>
  recordedTools({ record: { findToolCall: (id) => calls.find((it) => it.toolUseId === id), toolCalls: () => calls }, servers, speed: 'now' }) // prettier-ignore

const lastText = ({ reports }: FinishedAgent): string | undefined => reportsOf(reports, 'turn_ended').at(-1)?.text

/** The results, less those of calls that did work: they name the sub-agent of their own run. */
const toolReports = ({ reports }: FinishedAgent) =>
  reportsOf(reports, 'tool_result')
    .filter(({ toolUseId }) => toolUseId !== 'agent_1')
    .map(({ toolUseId, content, isError, output }) => ({ toolUseId, content, isError, output }))
    .toSorted((left, right) => left.toolUseId.localeCompare(right.toolUseId))

describe('a replay with recorded tools', () => {
  requires('linux').test('touches nothing, and reports what the recorded run did', async () => {
    using first = new TestFolder()
    using second = new TestFolder()
    let asked = 0
    const clock = (): string => `asked ${++asked} times`
    const { result: recorded, commands: workers } = await processesWatched(() =>
      record({ script: worker(first.path), options: optionsWith(clock), cwd: first.path, prompt: 'work' }),
    )
    // What the watch sees where tools do work.
    expect(workers.some((command) => command.includes('echo beside'))).toBe(true)
    expect(recorded.run.error).toBeUndefined()
    expect(recorded.calls).toHaveLength(9)
    expect(readdirSync(first.path).toSorted()).toEqual(['made.txt', 'sub.txt', 'w.txt'])

    const transcripts = new MapTranscripts()
    const { result: replayed, commands } = await processesWatched(async () =>
      runAgent({
        script: worker(first.path),
        options: optionsWith(clock),
        cwd: second.path,
        prompt: 'work',
        transcripts,
        recordedTools: toolsOf(recorded.calls),
      }),
    )
    expect(replayed.error).toBeUndefined()
    expect(lastText(replayed)).toBe('all done')
    expect(toolReports(replayed)).toEqual(toolReports(recorded.run))
    expect(resultsOf(replayed.reports).at(-1)).toEqual({
      text: expect.stringContaining('the helper is done'),
      isError: false,
    })
    expect(reportsOf(replayed.reports, 'turn_ended').map((it) => it.permissionDenials)).toEqual([0])
    expect(readdirSync(second.path)).toEqual([])
    expect(asked).toBe(1)
    // The agent, and what starts it.
    const expected = /claude --output-format|perdure-host-watch/
    expect(commands.filter((command) => !expected.test(command))).toEqual([])
    const stored = [...transcripts.entries.values()].flat().map((entry) => JSON.stringify(entry))
    expect(stored.filter((entry) => entry.includes('comes from the recording'))).toEqual([])
    expect(stored.some((entry) => entry.includes('asked 1 times'))).toBe(true)
  })

  test('a call that was not recorded ends it, and names what was', async () => {
    using folder = new TestFolder()
    const [known, other] = [call('known', 'Bash', { command: 'echo 1' }), call('other', 'Bash', { command: 'touch x' })]
    const { calls } = await record({
      script: [{ when: { request: 1 }, reply: { tools: [known] } }, { reply: 'done' }],
      cwd: folder.path,
      prompt: 'work',
    })
    const replay = await runAgent({
      script: [{ when: { request: 1 }, reply: { tools: [other] } }, { reply: 'done' }],
      cwd: folder.path,
      prompt: 'work',
      recordedTools: toolsOf(calls),
    })
    expect(replay.error?.code).toBe('replay_diverged')
    expect(replay.error?.message).toContain('no result of the tool call Bash {"command":"touch x"} (other)')
    expect(replay.error?.message).toContain('Bash {"command":"echo 1"} (known)')
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('a call with another input ends it, and shows both', async () => {
    using folder = new TestFolder()
    const rules = (command: string): ScriptRule[] => [
      { when: { request: 1 }, reply: { tools: [call('same', 'Bash', { command })] } },
      { reply: 'done' },
    ]
    const { calls } = await record({ script: rules('echo 1'), cwd: folder.path, prompt: 'work' })
    const replay = await runAgent({
      script: rules('touch x'),
      cwd: folder.path,
      prompt: 'work',
      recordedTools: toolsOf(calls),
    })
    expect(replay.error?.code).toBe('replay_diverged')
    expect(replay.error?.message).toContain('- recorded: Bash {"command":"echo 1"} (same)')
    expect(replay.error?.message).toContain('+ replayed: Bash {"command":"touch x"} (same)')
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('servers and shell hooks of the project do not start, and the model is told of the same tools', async () => {
    using folder = new TestFolder()
    const touched = join(folder.path, 'touched')
    mkdirSync(join(folder.path, '.claude'))
    const hook = { hooks: [{ type: 'command', command: `touch ${touched}` }] }
    writeFileSync(join(folder.path, '.claude/settings.json'), JSON.stringify({ hooks: { PreToolUse: [hook] } }))
    const inputSchema = { type: 'object', properties: { word: { type: 'string' } } }
    const rules: ScriptRule[] = [
      { when: { request: 1 }, reply: { tools: [call('one', 'mcp__far__say', { word: 'hi' }), call('two', 'Bash', { command: `touch ${touched}` })] } },
      { reply: 'done' },
    ] // prettier-ignore
    const replay = await runAgent({
      script: rules,
      cwd: folder.path,
      options: {
        settingSources: ['project'],
        mcpServers: { far: { command: 'touch', args: [touched] } },
        permissionMode: 'bypassPermissions',
        allowDangerouslySkipPermissions: true,
        env: { IS_SANDBOX: '1' },
      },
      prompt: 'work',
      recordedTools: toolsOf(
        [
          { agentId: null, toolUseId: 'one', name: 'mcp__far__say', input: { word: 'hi' }, content: 'hello', isError: false, durationMs: 1 },
          { agentId: null, toolUseId: 'two', name: 'Bash', input: { command: `touch ${touched}` }, content: 'oh', isError: true, durationMs: 1 },
        ],
        [{ name: 'far', instructions: 'Say it twice.', tools: [{ name: 'say', description: 'says a word', inputSchema }] }],
      ), // prettier-ignore
    })
    expect(replay.error).toBeUndefined()
    expect(resultsOf(replay.reports).toSorted((a, b) => a.text.localeCompare(b.text))).toEqual([
      { text: 'hello', isError: false },
      { text: 'oh', isError: true },
    ])
    expect(existsSync(touched)).toBe(false)
    const [first] = bodiesOf(replay.requests)
    expect(toolNames(first)).toContain('mcp__far__say')
    expect(first?.tools.find(({ name }) => name === 'mcp__far__say')).toMatchObject({
      description: 'says a word',
      input_schema: inputSchema,
    })
    expect(wordsOf(first)).toContain('Say it twice.')
  })

  const own = [{ own: { command: 'touch', args: ['x'] } }]
  test.each<[string, ClaudeAgentOptions]>([
    ['servers of a sub-agent’s own', { agents: { helper: { description: 'd', prompt: 'p', mcpServers: own } } }],
    ['a sandbox for commands', { sandbox: { enabled: true } }],
  ])('%s: refused, since it would start programs', async (_what, options) => {
    using folder = new TestFolder()
    const replay = await runAgent({
      script: [{ reply: 'done' }],
      cwd: folder.path,
      options,
      prompt: 'work',
      recordedTools: toolsOf([]),
    })
    expect(replay.error?.code).toBe('option_not_supported')
    expect(replay.commands).toEqual([])
  })
})
