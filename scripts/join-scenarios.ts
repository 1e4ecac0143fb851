import type { Options } from '@anthropic-ai/claude-agent-sdk'
import type { Script, ScriptReply } from '../src/gateway/upstreams/script/script.ts'
import type { AgentReport } from '../src/ports/agent-report.ts'
import type { ModelObservation } from '../src/ports/model-observation.ts'

/** A run to be recorded: what the model says, what the user does, and when. */
export interface JoinScenario {
  readonly script: Script
  /** What the user says, one turn after the other. */
  readonly prompts: readonly string[]
  readonly options?: Partial<Options>
  /** Sub-agents in the background, as the agent does by default. */
  readonly background?: boolean
  /** What the user does when something happens for the first time. */
  readonly on?: { readonly when: Moment; readonly act: 'interrupt' | { readonly say: string } }
}

type Moment = (happened: { observation?: ModelObservation; report?: AgentReport }) => boolean

const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')
const bash = (command: string) => ({ name: 'Bash', input: { command, description: 'a command' } })
const worker = { description: 'Does a part of the work', prompt: 'You are a worker.', tools: ['Bash', 'Agent'] }
const agents = { worker, helper: { ...worker, description: 'Helps a worker', prompt: 'You are a helper.' } }

const firstDelta = (deltaType: string): Moment => {
  let seen = 0
  return ({ observation }) => observation?.type === 'block_delta' && observation.deltaType === deltaType && ++seen === 4
}
const toolCalled: Moment = ({ report }) => report?.type === 'content_block' && report.block.type === 'tool_use'

const turns = (...replies: ScriptReply[]): Script => ({ turns: replies })
const done: ScriptReply = { text: 'All done now.' }
/** The first request gets this answer, and every later one a good one. */
const first = (reply: ScriptReply): Script => ({ rules: [{ when: { times: 1 }, reply }, { reply: done }] })

export const joinScenarios: Readonly<Record<string, JoinScenario>> = {
  text: { script: turns({ text: words(30), chunkDelayMs: 2 }), prompts: ['hello'] },
  'two-turns': { script: turns({ text: 'First answer.' }, { text: 'Second answer.' }), prompts: ['one', 'two'] },
  'thinking-and-tool': {
    script: turns({ thinking: words(10), text: 'I look.', tool: bash('echo hi') }, done),
    prompts: ['look'],
  },
  'blank-text': {
    script: turns({
      content: [
        { type: 'text', text: ' \n' },
        { type: 'text', text: ' padded ' },
      ],
    }),
    prompts: ['go'],
  },
  'parallel-tools': {
    script: turns(
      { text: 'Three at once.', tools: [bash('echo 1'), bash('sleep 0.2; echo 2'), bash('echo 3')], chunkDelayMs: 15 },
      done,
    ),
    prompts: ['go'],
  },
  'failing-tool': { script: turns({ tool: bash('echo no >&2; exit 3') }, done), prompts: ['go'] },
  'broken-tool-input': {
    script: turns({ tool: { name: 'Bash', rawInput: '{"command": "ec' } }, done),
    prompts: ['go'],
  },
  'sub-agents': {
    script: {
      rules: [
        {
          when: { agent: true, toolResult: false },
          reply: { thinking: 'hm', text: 'I work.', tool: bash('echo sub') },
        },
        { when: { agent: true }, reply: { text: 'My part is done.' } },
      ],
      turns: [
        {
          text: 'I delegate.',
          agents: [
            { type: 'worker', prompt: 'part A' },
            { type: 'worker', prompt: 'part B' },
          ],
        },
        done,
      ],
    },
    prompts: ['go'],
    options: { agents },
  },
  'sub-agents-silent': {
    script: {
      rules: [{ when: { agent: true }, reply: { thinking: 'hm', text: 'Nobody hears this.' } }],
      turns: [{ agents: [{ type: 'worker', prompt: 'part A' }] }, done],
    },
    prompts: ['go'],
    options: { agents, forwardSubagentText: false },
  },
  'sub-agents-nested': {
    script: {
      rules: [
        {
          when: { agent: 'You are a helper', toolResult: false },
          reply: { text: 'Deep work.', tools: [bash('echo a'), bash('echo b')] },
        },
        { when: { agent: 'You are a helper' }, reply: 'Deep done.' },
        {
          when: { agent: 'You are a worker', toolResult: false },
          reply: { agent: { type: 'helper', prompt: 'go deeper' } },
        },
        { when: { agent: 'You are a worker' }, reply: 'Worker done.' },
      ],
      turns: [{ agent: { type: 'worker', prompt: 'start' } }, done],
    },
    prompts: ['go'],
    options: { agents },
  },
  'sub-agent-background': {
    script: {
      rules: [
        { when: { agent: true, toolResult: false }, reply: { text: 'I work.', tool: bash('sleep 0.3; echo sub') } },
        { when: { agent: true }, reply: { text: 'My part is done.' } },
      ],
      turns: [{ agent: { type: 'worker', prompt: 'part A', background: true } }, { text: 'It works.' }, done],
    },
    prompts: ['go'],
    options: { agents },
    background: true,
  },
  'sub-agent-retry': {
    script: {
      rules: [
        { when: { agent: true, times: 1 }, reply: { error: { status: 529 } } },
        { when: { agent: true }, reply: 'Late but done.' },
      ],
      turns: [{ agent: { type: 'worker', prompt: 'start' } }, done],
    },
    prompts: ['go'],
    options: { agents },
  },
  'overloaded-retry': {
    script: first({ error: { status: 529 } }),
    prompts: ['go'],
  },
  'server-error-final': { script: { rules: [{ reply: { error: { status: 500 } } }] }, prompts: ['go', 'again'] },
  rejected: { script: { rules: [{ reply: { error: { status: 400, message: 'no such thing' } } }] }, prompts: ['go'] },
  'cut-before-a-block-ended': {
    script: first({ text: words(9), cutAfterEvents: 5 }),
    prompts: ['go'],
  },
  'cut-after-text': {
    script: first({
      content: [
        { type: 'text', text: words(3) },
        { type: 'text', text: words(9) },
      ],
      cutAfterEvents: 9,
      chunkDelayMs: 5,
    }),
    prompts: ['go'],
  },
  'cut-in-tool-input': {
    script: first({ text: 'I look.', tool: bash(`echo ${words(400)}`), cutAfterEvents: 7, chunkDelayMs: 5 }),
    prompts: ['go'],
  },
  'cut-after-tool': {
    script: first({ tools: [bash('echo 1'), bash('echo 2')], cutAfterEvents: 5, chunkDelayMs: 10 }),
    prompts: ['go'],
  },
  'error-event-then-whole-answer': {
    script: first({ text: words(9), errorEventAfter: { events: 4, type: 'api_error' } }),
    prompts: ['go'],
  },
  'end-without-closing-event': {
    script: first({ text: 'Whole but for its end.', endEarlyAfterEvents: 9 }),
    prompts: ['go'],
  },
  'interrupt-in-text': {
    script: turns({ text: words(200), chunkDelayMs: 10 }, done),
    prompts: ['go', 'again'],
    on: { when: firstDelta('text_delta'), act: 'interrupt' },
  },
  'interrupt-in-thinking': {
    script: turns({ thinking: words(200), text: 'never said', chunkDelayMs: 10 }, done),
    prompts: ['go', 'again'],
    on: { when: firstDelta('thinking_delta'), act: 'interrupt' },
  },
  'interrupt-in-tool': {
    script: turns({ text: 'I wait.', tool: bash('sleep 5') }, done),
    prompts: ['go', 'again'],
    on: { when: toolCalled, act: 'interrupt' },
  },
  'interrupt-in-sub-agent': {
    script: {
      rules: [{ when: { agent: true }, reply: { text: words(300), chunkDelayMs: 10 } }],
      turns: [{ agent: { type: 'worker', prompt: 'talk' } }, done],
    },
    prompts: ['go', 'again'],
    options: { agents },
    on: {
      when: ({ observation }) => observation?.type === 'block_start' && observation.request === 2,
      act: 'interrupt',
    },
  },
  'queued-message': {
    script: turns({ tool: bash('sleep 0.5; echo slow') }, { text: 'I saw both.' }),
    prompts: ['go'],
    on: { when: toolCalled, act: { say: 'and one more thing' } },
  },
  'structured-output': {
    script: turns({ structuredOutput: { answer: 42 } }, done),
    prompts: ['how many'],
    options: {
      outputFormat: {
        type: 'json_schema',
        schema: { type: 'object', properties: { answer: { type: 'number' } }, required: ['answer'] },
      },
    },
  },
  compaction: {
    script: turns({ text: 'Much was said.' }, { text: 'And still more.' }),
    prompts: ['go', '/compact', 'go on'],
  },
  'max-tokens': {
    script: first({ text: 'I was cut sh', stopReason: 'max_tokens' }),
    prompts: ['go'],
  },
  refusal: { script: first({ text: 'I would rather not.', stopReason: 'refusal' }), prompts: ['go'] },
  'local-command': { script: turns(done), prompts: ['/cost', 'go'] },
}
