import type { RunAgentOptions } from '../../compose/run-agent-options.ts'

type Script = Exclude<RunAgentOptions['script'], string | undefined>

/** What the user says, to a real model as to the script. */
export const prompts = {
  fix: 'The tests of this repository fail. Find the bug, fix it, and run node --test to show that it is gone.',
  extend: 'Add a test for the median of [-10, -9, 8, 100], which is -0.5, and run node --test again.',
  explain: 'In one sentence, for the changelog: what was wrong? Change nothing.',
} as const

const runTests = { name: 'Bash', input: { command: 'node --test', description: 'Run the tests' } }
const readSource = { name: 'Read', input: { file_path: '{{cwd}}/src/median.js' } }
const readTests = { name: 'Read', input: { file_path: '{{cwd}}/test/median.test.js' } }

/** Plays the model in the demo. Every reply follows from what the tools really answered. */
export const fixABug: Script = {
  name: 'fix-a-bug',
  description: 'Finds that numbers are sorted as words, fixes it, and adds a test.',
  rules: [
    {
      when: { prompt: prompts.fix, toolResult: false },
      reply: {
        thinking: 'First I want to see for myself how the tests fail.',
        text: 'I run the tests first.',
        tool: runTests,
      },
    },
    {
      when: { prompt: prompts.fix, toolResult: { tool: 'Bash', isError: true }, times: 1 },
      reply: {
        text: 'The middle of [10, 9, 1] comes out wrong, so the order is wrong. Where is it sorted?',
        tool: { name: 'Grep', input: { pattern: 'sort\\(', output_mode: 'content', path: '{{cwd}}' } },
      },
    },
    {
      when: { prompt: prompts.fix, toolResult: 'Grep' },
      reply: { tools: [readSource, readTests] },
    },
    {
      when: { prompt: prompts.fix, toolResult: { tool: 'Read', text: 'sort()' } },
      reply: {
        thinking: 'Array.prototype.sort compares strings unless it is told otherwise: "1" < "10" < "9".',
        text: 'sort() without a comparison sorts numbers as words: 10 comes before 9. I give it one.',
        tool: {
          name: 'Edit',
          input: {
            file_path: '{{cwd}}/src/median.js',
            old_string: '[...numbers].sort()',
            new_string: '[...numbers].sort((left, right) => left - right)',
          },
        },
      },
    },
    {
      when: { prompt: prompts.fix, toolResult: { tool: 'Edit', isError: false } },
      reply: { text: 'Now the tests again.', tool: runTests },
    },
    {
      when: { prompt: prompts.fix, toolResult: { tool: 'Bash', isError: false } },
      reply: 'Fixed: src/median.js sorted the numbers as words. It compares them as numbers now, and all tests pass.',
    },
    { when: { prompt: prompts.extend, toolResult: false }, reply: { tool: readTests } },
    {
      when: { prompt: prompts.extend, toolResult: 'Read' },
      reply: {
        tool: {
          name: 'Edit',
          input: {
            file_path: '{{cwd}}/test/median.test.js',
            old_string: "test('nothing has no median'",
            new_string: [
              "test('negative numbers, and an even count', () => {",
              '  assert.equal(median([-10, -9, 8, 100]), -0.5)',
              '})',
              '',
              "test('nothing has no median'",
            ].join('\n'),
          },
        },
      },
    },
    { when: { prompt: prompts.extend, toolResult: { tool: 'Edit', isError: false } }, reply: { tool: runTests } },
    {
      when: { prompt: prompts.extend, toolResult: { tool: 'Bash', isError: false } },
      reply: 'The new test is there, and all tests pass.',
    },
    {
      when: { prompt: prompts.explain },
      reply:
        'The median of numbers with different counts of digits or signs was wrong, because they were sorted as text.',
    },
    { reply: 'That did not go as I expected, so I stop here: {{toolResult}}' },
  ],
}
