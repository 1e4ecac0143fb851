import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requires } from '../support/require.ts'
import { call, jsonLines, scratchFolder } from './command-line.ts'

requires('git').test('the demo fixes the bug, goes on, forks, and leaves all of it to be looked at', async () => {
  const { exitCode, stdout, stderr } = await call(['demo'], { cwd: scratchFolder(), env: { TMPDIR: scratchFolder() } })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain('a script plays the model')
  expect(stdout).toContain('+  const sorted = [...numbers].sort((left, right) => left - right)')
  expect(stdout.match(/✓ completed/g)?.length).toBe(3)
  expect(stdout).toContain('✓ The tests pass.')

  const repository = /repository {2}(\S+)/.exec(stdout)![1]!
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: repository, encoding: 'utf8' })
  expect(
    changed
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual(['M src/median.js', 'M test/median.test.js'])
  const sessions = await call(['session', 'list', '--json', '--data-dir', join(repository, '..', 'sessions')])
  expect(jsonLines(sessions.stdout).map(({ title }) => title)).toEqual(['Changelog', 'Fix the median'])
})

test('without git the demo says what it needs', async () => {
  const { exitCode, stderr } = await call(['demo'], { env: { TMPDIR: scratchFolder(), PATH: '/nowhere' } })
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('needs git')])
})
