import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'
import { call } from './command-line.ts'

const usage =
  '{ input_tokens: 5000, output_tokens: 1000, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 } }'
const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

/** A folder with a script whose two answers cost a cent each with Haiku 4.5. */
function folderWithScript(): string {
  const folder = scratchFolder()
  const script = `rules:
  - when: { request: 1 }
    reply: { text: I look., tool: { name: Bash, input: { command: ls } }, usage: ${usage} }
  - reply: { text: Done., usage: ${usage} }
`
  writeFileSync(join(folder, 'script.yaml'), script)
  return folder
}

const env = { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '2000' }
const run = (cwd: string, ...args: string[]) =>
  call(
    [
      'run',
      '--script',
      'script.yaml',
      '--model',
      'claude-haiku-4-5',
      '--tools',
      'Bash',
      '--allowed-tools',
      'Bash(ls)',
      ...args,
    ],
    { cwd, env },
  )

test('what runs cost is told by user, tag and day, for people, spreadsheets and programs', async () => {
  const cwd = folderWithScript()
  expect((await call(['cost'], { cwd })).stdout).toContain('No model call was made yet')
  expect((await run(cwd, '--user', 'ada', '--tag', 'docs', '--json', 'look')).exitCode).toBe(0)

  const table = await call(['cost', '--by', 'user,model'], { cwd })
  expect(table.stdout).toMatch(/user +model +calls +input +from cache +output +cost\n/)
  expect(table.stdout).toMatch(/ada +claude-haiku-4-5 +2 +10,000 +0 % +2,000 +\$0\.0200\n/)
  expect(table.stdout).toContain('in all $0.0200')

  const json = await call(['cost', '--by', 'tag,day', '--json'], { cwd })
  const day = new Date().toISOString().slice(0, 10)
  expect(lines(json.stdout)).toMatchObject([{ group: { tag: 'docs', day }, calls: 2, costUsd: 0.02 }])
  const csv = await call(['cost', '--by', 'workspace', '--csv'], { cwd })
  expect(csv.stdout.split('\r\n')).toEqual([
    'workspace,calls,inputTokens,outputTokens,cacheReadInputTokens,cacheWrite5mInputTokens,cacheWrite1hInputTokens,webSearchRequests,cacheHitRate,costUsd,listCostUsd,presumedUsd,unpricedCalls',
    'default,2,10000,2000,0,0,0,0,0,0.02,0.02,0,0',
    '',
  ])
  expect((await call(['cost', '--user', 'bob', '--json'], { cwd })).stdout).toBe('')
  expect(await call(['cost', '--by', 'moon'], { cwd })).toMatchObject({ exitCode: 2 })
  expect(await call(['cost', '--from', 'once'], { cwd })).toMatchObject({ exitCode: 2 })
})

test('a run stops at its limit with exit code 4, and goes on where it stopped with a higher one', async () => {
  const cwd = folderWithScript()
  const stopped = await run(cwd, '--max-cost-usd', '0.012', '--json', 'look')
  expect(stopped.exitCode).toBe(4)
  expect(lines(stopped.stdout).at(-1)).toMatchObject({
    type: 'perdure.outcome',
    status: 'budget_reached',
    text: 'I look.',
    error: { code: 'budget_reached', details: { scope: 'run' } },
  })
  const resumed = await run(cwd, '--max-cost-usd', '0.05', '--json', '--resume')
  expect(lines(resumed.stdout).at(-1)).toMatchObject({ status: 'completed', text: 'Done.' })
  expect(resumed.exitCode).toBe(0)
})

test('a limit of a user is set, listed, holds, and is taken away', async () => {
  const cwd = folderWithScript()
  const ada = ['--scope', 'user', '--id', 'ada', '--window', 'month']
  expect((await call(['budget', 'set', ...ada, '--max-cost-usd', '0.005'], { cwd })).stdout).toMatch(
    /user +ada +month +hard +\$0\.0050/,
  )
  const refused = await run(cwd, '--user', 'ada', 'look')
  expect(refused.exitCode).toBe(4)
  expect(refused.stdout).toContain('budget reached')
  expect(lines((await call(['budget', 'list', '--json'], { cwd })).stdout)).toMatchObject([
    { scope: 'user', id: 'ada', window: 'month', mode: 'hard', limitUsd: 0.005, spentUsd: 0, reservedUsd: 0 },
  ])
  await call(['budget', 'remove', ...ada], { cwd })
  expect((await call(['budget', 'list'], { cwd })).stdout).toContain('No budget is set')
  expect((await run(cwd, '--user', 'ada', 'look')).exitCode).toBe(0)
  const nonsense = await call(['budget', 'set', ...ada, '--max-cost-usd', 'much'], { cwd })
  expect(nonsense).toMatchObject({ exitCode: 2 })
  expect(nonsense.stderr).toContain('--max-cost-usd is a positive number of US dollars')
})
