import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { costAdvice } from '../../src/compose/cost-advice.ts'
import { scratchFolder } from '../support/scratch.ts'
import { call } from './command-line.ts'

const written =
  '{ input_tokens: 0, output_tokens: 100, cache_read_input_tokens: 0, cache_creation_input_tokens: 100000, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 100000 } }'

test('what could have cost less is told in dollars, for people and programs', async () => {
  const cwd = scratchFolder()
  expect((await call(['cost', '--advice'], { cwd })).stdout).toBe(
    'Nothing to change: no other use of the cache would have cost less.\n',
  )
  writeFileSync(join(cwd, 'script.yaml'), `rules:\n  - reply: { text: Done., usage: ${written} }\n`)
  const flags = ['--cache-ttl', '1h', '--keep-warm-minutes', '30', '--script', 'script.yaml']
  const ran = await call(['run', ...flags, '--model', 'claude-haiku-4-5', '--json', 'hello'], { cwd })
  expect(ran.exitCode).toBe(0)

  // 100,000 tokens at 2 dollars a million that input has for 1, and five minutes for 1.25.
  const { stdout } = await call(['cost', '--advice'], { cwd })
  expect(stdout).toContain('claude-haiku-4-5: 1 call in 1 session\n  what is written to the cache is hardly read again')
  expect(stdout).toContain(`env: { DISABLE_PROMPT_CACHING: '1' } saves $0.1000\n`)
  expect(stdout).toContain(`cache.main: '5m' saves $0.0750\n`)
  expect(stdout).toContain(
    'keep-warm for claude-haiku-4-5 (100,000 tokens, 1h): $0.0100 every 54 min, $0.0100 in an hour',
  )

  const advice = await costAdvice({ dataDirectory: join(cwd, '.perdure') })
  expect(advice.findings.map(({ code, savesUsd }) => [code, savesUsd])).toEqual([
    ['cache_unused', 0.1],
    ['hour_unused', 0.075],
  ])
  const json = await call(['cost', '--advice', '--json'], { cwd })
  expect(JSON.parse(json.stdout)).toEqual(advice)
  expect((await call(['cost', '--advice', '--csv'], { cwd })).exitCode).toBe(2)
})
