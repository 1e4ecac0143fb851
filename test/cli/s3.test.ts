import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { requires } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'
import { newDatabase } from '../support/shared-postgres.ts'
import { call, jsonLines, scratchFolder, scriptPath } from './command-line.ts'

requires('s3').describe('the command line with S3', () => {
  let server: S3Server
  beforeAll(async () => {
    server = await S3Server.start()
  })
  afterAll(() => server.close())

  const environment = (bucket: string) => ({
    S3_ENDPOINT: server.endpoint,
    S3_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  })
  const run = ['run', '--json', '--script', scriptPath]
  const packsOf = (bucket: string) =>
    server.requests.filter((line) => line.startsWith(`PUT /${bucket}/`) && /pack-[0-9a-f]{40}\/pack/.test(line))

  /** A folder with a file, so that there is something to save. */
  function workTree(): string {
    const cwd = scratchFolder()
    writeFileSync(join(cwd, 'file'), 'content')
    return cwd
  }

  it('keeps whole sessions there, for any machine, and says its secret nowhere', async () => {
    const env = environment('whole')
    const cwd = workTree()
    const ran = await call([...run, '--title', 'Far away', 'hello'], { cwd, env })
    expect(ran.exitCode).toBe(0)
    const elsewhere = scratchFolder()
    const listed = await call(['session', 'list', '--json'], { cwd: elsewhere, env })
    expect(jsonLines(listed.stdout)).toMatchObject([{ title: 'Far away' }])
    const again = await call([...run, '--resume', 'latest', 'what did I say?'], { cwd, env })
    expect(again.exitCode).toBe(0)
    const shown = await call(['session', 'show', 'latest', '--json'], { cwd: elsewhere, env })
    expect(jsonLines(shown.stdout).at(-1)).toMatchObject({ turns: 2, outcome: 'completed' })
    expect(packsOf('whole').length).toBeGreaterThan(0)
    expect(existsSync(join(cwd, '.perdure', 'perdure.db'))).toBe(false)

    const doctor = await call(['doctor', '--json'], { cwd, env: { ...env, ANTHROPIC_API_KEY: 'a-key-of-a-test' } })
    const checks = jsonLines(doctor.stdout)[0]!['checks'] as { name: string }[]
    expect(checks.find(({ name }) => name === 'storage')).toMatchObject({
      ok: true,
      found: `s3 whole at ${new URL(server.endpoint).host}, sessions: 1`,
    })
    const said = [ran, listed, again, shown, doctor].map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(said).not.toContain(server.credentials.secretAccessKey)
  }, 180_000)

  it('keeps the files of checkpoints there, where the sessions are in a database', async () => {
    const url = await newDatabase()
    const env = { ...environment('beside'), DATABASE_URL: url.href }
    const ran = await call([...run, 'hello'], { cwd: workTree(), env })
    expect(ran.exitCode).toBe(0)
    expect(packsOf('beside').length).toBeGreaterThan(0)
    const client = new pg.Client(url.href)
    await client.connect()
    const { rows } = await client.query(
      `select (select count(*)::int from perdure.session where organization_id = 'default') as sessions,
        (select count(*)::int from perdure.checkpoint_pack) as packs`,
    )
    await client.end()
    expect(rows).toEqual([{ sessions: 1, packs: 0 }])
  }, 180_000)
})
