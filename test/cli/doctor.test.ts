import { expect, test } from 'vitest'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { call, jsonLines, scratchFolder } from './command-line.ts'

interface Found {
  readonly name: string
  readonly ok: boolean
  readonly required: boolean
  readonly found: string
  readonly remedy: string | null
}

const checksOf = (stdout: string): Map<string, Found> =>
  new Map((jsonLines(stdout)[0]!['checks'] as Found[]).map((check) => [check.name, check]))

test('finds what Perdure needs, leaves no trace, and never shows a key', async () => {
  const cwd = scratchFolder()
  const { exitCode, stdout } = await call(['doctor', '--json'], { cwd, env: { ANTHROPIC_API_KEY: 'a-key-of-a-test' } })
  const checks = checksOf(stdout)
  expect(exitCode).toBe(0)
  for (const name of ['Node', 'Agent SDK', 'claude binary', 'data directory', 'credentials']) {
    expect(checks.get(name), name).toMatchObject({ ok: true, remedy: null })
  }
  expect(stdout).not.toContain('a-key-of-a-test')
  expect(existsSync(join(cwd, '.perdure'))).toBe(false)
})

test('what only some uses need is reported with its remedy and fails nothing', async () => {
  const { exitCode, stdout } = await call(['doctor'], { cwd: scratchFolder(), env: { PATH: '/nowhere' } })
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/– git +missing.*\n.*\n {4}\S+ install git\n/)
  expect(stdout).toContain('export ANTHROPIC_API_KEY=')
})

test('what is required and missing ends with 1', async () => {
  const { exitCode, stdout } = await call(['doctor', '--data-dir', '/proc/nowhere'], { cwd: scratchFolder() })
  expect(exitCode).toBe(1)
  expect(stdout).toContain('Perdure cannot work here: data directory.')
})
