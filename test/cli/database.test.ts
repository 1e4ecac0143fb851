import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newDatabase } from '../support/shared-postgres.ts'
import { call, jsonLines, scratchFolder, scriptPath } from './command-line.ts'

test('with DATABASE_URL all commands work on that database, and say its password nowhere', async () => {
  const url = await newDatabase()
  const cwd = scratchFolder()
  const env = { DATABASE_URL: url.href }
  const ran = await call(['run', '--json', '--script', scriptPath, '--title', 'Far away', 'hello'], { cwd, env })
  expect(ran.exitCode).toBe(0)
  const listed = await call(['session', 'list', '--json'], { cwd: scratchFolder(), env })
  expect(jsonLines(listed.stdout)).toMatchObject([{ title: 'Far away' }])
  const doctor = await call(['doctor', '--json'], { cwd, env: { ...env, ANTHROPIC_API_KEY: 'a-key-of-a-test' } })
  const checks = jsonLines(doctor.stdout)[0]!['checks'] as { name: string }[]
  expect(checks.find(({ name }) => name === 'storage')).toMatchObject({
    ok: true,
    found: `postgres ${url.host}${url.pathname} (schema perdure, fsync is off), sessions: 1`,
  })
  expect(existsSync(join(cwd, '.perdure', 'perdure.db'))).toBe(false)

  const inFolder = await call(['session', 'list', '--data-dir', join(cwd, 'own')], { cwd, env })
  expect(inFolder.stdout).toContain('no session here yet')
  expect([ran, listed, doctor].map((said) => said.stdout + said.stderr).join('')).not.toContain(url.password)
})

test('a database that cannot be used is named, with what to look at, and without its password', async () => {
  const env = { DATABASE_URL: 'postgres://me:hunter2-but-longer@127.0.0.1:9/none' }
  const doctor = await call(['doctor'], { cwd: scratchFolder(), env })
  expect(doctor.exitCode).toBe(1)
  expect(doctor.stdout).toContain('Perdure cannot work here: storage.')
  const list = await call(['session', 'list'], { cwd: scratchFolder(), env })
  expect(list).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('storage_failed') as string })
  expect(list.stderr).toContain('127.0.0.1:9/none cannot be reached')
  expect(doctor.stdout + doctor.stderr + list.stderr).not.toContain('hunter2')
})
