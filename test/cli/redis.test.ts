import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { call, jsonLines, scratchFolder, scriptPath } from './command-line.ts'

requires('redis').test('with REDIS_URL all commands work on that Redis, and doctor says what it may lose', async () => {
  const password = 'no-secret-of-anybody'
  const server = await TestRedisServer.start({
    settings: ['--requirepass', password, '--appendfsync', 'everysec'],
  })
  try {
    const cwd = scratchFolder()
    const env = { REDIS_URL: `redis://:${password}@127.0.0.1:${server.port}` }
    const ran = await call(['run', '--json', '--script', scriptPath, '--title', 'Far away', 'hello'], { cwd, env })
    expect(ran.exitCode).toBe(0)
    const listed = await call(['session', 'list', '--json'], { cwd: scratchFolder(), env })
    expect(jsonLines(listed.stdout)).toMatchObject([{ title: 'Far away' }])
    const doctor = await call(['doctor', '--json'], { cwd, env: { ...env, ANTHROPIC_API_KEY: 'a-key-of-a-test' } })
    expect(doctor.stdout).toContain(
      `redis 127.0.0.1:${server.port}/0 (keys perdure:…, appendfsync is everysec: a crash`,
    )
    expect(existsSync(join(cwd, '.perdure', 'perdure.db'))).toBe(false)
    const elsewhere = await call(['session', 'list'], { cwd, env: { ...env, PERDURE_REDIS_URL: '' } })
    expect(elsewhere.stdout).toContain('no session here yet')
    const refused = await call(['session', 'list'], {
      cwd,
      env: { REDIS_URL: `redis://:wrong-${password}@127.0.0.1:${server.port}` },
    })
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('storage_failed') as string })
    expect([ran, listed, doctor, refused].map((said) => said.stdout + said.stderr).join('')).not.toContain(password)
  } finally {
    await server.close()
  }
})
