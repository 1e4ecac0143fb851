// Records the bare SDK's messages, scenario by scenario, into test/fixtures/messages/*.jsonl.
// Run it after a new version of the SDK: node test/agents/record-messages.ts
import { query, type Options, type Query, type SDKUserMessage } from '@anthropic-ai/claude-agent-sdk'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AsyncQueue } from '../../src/agents/claude/async-queue.ts'
import type { Script, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'
import { startScriptedMessagesApi } from '../../src/testing/scripted-messages-api.ts'
import { call, TestFolder } from './agent-rig.ts'

interface Scenario {
  readonly script: Script | readonly ScriptRule[]
  readonly prompts?: readonly string[]
  readonly options?: Options
  readonly env?: Readonly<Record<string, string>>
  /** Interrupts at the first message that fits. */
  readonly interruptAt?: string
  /** How many results to wait for before the input ends. */
  readonly results?: number
}

const gardener = { description: 'Knows plants', prompt: 'You are a gardener.', tools: ['Bash'] }
const bash = (command: string, more: Record<string, unknown> = {}) => call('Bash', { command, ...more })
const foreground = { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1' }
const askGardener = [
  { when: { agent: true, toolResult: false }, reply: { text: 'Digging.', ...bash('echo roots') } },
  { when: { agent: true }, reply: 'Roots found.' },
  { when: { agent: false, times: 1 }, reply: { agent: { type: 'gardener', prompt: 'find the roots' } } },
  { reply: 'The gardener is done.' },
]
const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }

const scenarios: Readonly<Record<string, Scenario>> = {
  'text-thinking-tools': {
    env: foreground,
    script: {
      turns: [
        {
          thinking: 'Two calls.',
          text: 'Looking.',
          tools: [
            { name: 'Bash', input: { command: 'echo one' } },
            { name: 'Bash', input: { command: 'exit 3' } },
          ],
        },
        'Seen.',
      ],
    },
  },
  'partial-messages': {
    options: { includePartialMessages: true },
    script: { turns: [{ thinking: 'Hm.', text: 'one two' }] },
  },
  'sub-agent': { env: foreground, options: { agents: { gardener }, forwardSubagentText: true }, script: askGardener },
  'sub-agent-background': { options: { agents: { gardener } }, script: askGardener, results: 1 },
  'two-turns': { env: foreground, prompts: ['one', 'two'], script: { turns: ['first', 'second'] }, results: 2 },
  'retry-then-answer': {
    env: { CLAUDE_CODE_MAX_RETRIES: '2' },
    script: [{ when: { times: 1 }, reply: { error: { status: 529 } } }, { reply: 'at last' }],
  },
  'overloaded-for-good': { env: { CLAUDE_CODE_MAX_RETRIES: '1' }, script: [{ reply: { error: { status: 529 } } }] },
  'fallback-model': {
    options: { fallbackModel: 'claude-haiku-4-5-20251001' },
    script: [{ when: { model: 'sonnet' }, reply: { error: { status: 500 } } }, { reply: 'small answer' }],
  },
  'interrupt-text': { script: { turns: [{ text: 'a long story', chunkDelayMs: 500 }] }, interruptAt: 'system/init' },
  'interrupt-tool': { env: foreground, script: { turns: [bash('sleep 30; true')] }, interruptAt: 'assistant' },
  'max-turns': { options: { maxTurns: 1 }, script: { turns: [bash('true')] } },
  'permission-denied': {
    options: { allowedTools: [], permissionPrompts: 'none' },
    script: { turns: [bash('touch x'), 'Refused.'] },
  },
  compaction: {
    prompts: ['one', '/compact'],
    script: { turns: ['a first answer'], rules: [{ when: { kind: 'compaction' }, reply: 'the summary' }] },
    results: 2,
  },
  'local-command': { prompts: ['/cost'], script: { turns: [] } },
  'structured-output': {
    options: { outputFormat: { type: 'json_schema', schema } },
    script: { turns: [{ structuredOutput: { n: 4 } }] },
  },
  'structured-output-missing': {
    options: { outputFormat: { type: 'json_schema', schema } },
    script: { turns: ['four', 'four, I said'] },
  },
  'cut-mid-stream': {
    env: foreground,
    script: [
      {
        when: { times: 1 },
        reply: {
          content: [
            { type: 'text', text: 'half' },
            { type: 'text', text: 'of it' },
          ],
          errorEventAfter: 6,
        },
      },
      { reply: 'the rest' },
    ],
  },
}

const target = fileURLToPath(new URL('../fixtures/messages/', import.meta.url))

async function record(name: string, scenario: Scenario): Promise<void> {
  using folder = new TestFolder()
  const cwd = join(folder.path, 'project')
  mkdirSync(cwd)
  const api = await startScriptedMessagesApi(scenario.script)
  const input = new AsyncQueue<SDKUserMessage>()
  const env = {
    PATH: process.env['PATH'],
    HOME: folder.path,
    CLAUDE_CONFIG_DIR: join(folder.path, 'config'),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_AUTH_TOKEN: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    ...scenario.env,
  }
  const base: Options = {
    model: 'claude-sonnet-5-5',
    tools: ['Bash', 'Agent'],
    allowedTools: ['Bash(*)'],
    settingSources: [],
  }
  const running = query({ prompt: input, options: { ...base, ...scenario.options, cwd, env } })
  const prompts = [...(scenario.prompts ?? ['go'])]
  const say = (text: string) =>
    input.push({ type: 'user', uuid: randomUUID(), message: { role: 'user', content: text }, parent_tool_use_id: null })
  say(prompts.shift()!)
  const lines: string[] = []
  try {
    for await (const message of readAll(running, scenario, () => input.end())) {
      lines.push(withoutPaths(JSON.stringify(message), folder.path))
      if (message.type === 'result' && prompts.length > 0) say(prompts.shift()!)
    }
  } catch {
    // An error result is told twice; the messages hold it already.
  }
  await api.close()
  writeFileSync(join(target, `${name}.jsonl`), `${lines.join('\n')}\n`)
}

const withoutPaths = (line: string, folder: string): string =>
  line
    .replaceAll(folder, '/recorded')
    .replaceAll(folder.replaceAll('/', '-'), '-recorded')
    .replaceAll(/"\/[^"]*\.sock"/g, '"/recorded/agent.sock"')
    .replaceAll(/\/[^" ]*\/claude-\d+\//g, '/recorded/tasks/')

async function* readAll(running: Query, scenario: Scenario, endInput: () => void): AsyncGenerator<{ type: string }> {
  let results = 0
  let interrupted = false
  for await (const message of running) {
    yield message
    const name = 'subtype' in message ? `${message.type}/${message.subtype}` : message.type
    if (name === scenario.interruptAt && !interrupted) {
      interrupted = true
      setTimeout(() => void running.interrupt(), 1_200)
    }
    if (message.type === 'result' && ++results === (scenario.results ?? 1)) endInput()
  }
}

mkdirSync(target, { recursive: true })
const chosen = process.argv.slice(2)
for (const [name, scenario] of Object.entries(scenarios)) {
  if (chosen.length === 0 || chosen.includes(name)) await record(name, scenario)
}
