import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { requires } from '../support/require.ts'
import { binPath, call, jsonLines, plainEnvironment, scratchFolder, type CallOptions } from './command-line.ts'

/** A machine of one's own: a home, and a project in it. */
function machine() {
  const home = scratchFolder()
  const cwd = join(home, 'project')
  mkdirSync(cwd)
  const run = (args: readonly string[], { env, ...more }: Omit<CallOptions, 'cwd'> = {}) =>
    call(args, { cwd, env: { HOME: home, XDG_CONFIG_HOME: '', ...env }, ...more })
  return { home, cwd, run }
}

const secret = 'a-secret-of-the-vault'

describe('perdure vault', () => {
  test('keeps what standard input gives, and shows names alone', async () => {
    const { home, cwd, run } = machine()
    const set = await run(['vault', 'set', 'main'], { stdin: `${secret}\n` })
    expect(set).toMatchObject({ exitCode: 0, stderr: '' })
    const keyFile = join(home, '.config/perdure/vault.key')
    expect(set.stdout).toContain(keyFile)
    const listed = await run(['vault', 'list', '--json'])
    expect(jsonLines(listed.stdout)).toMatchObject([{ name: 'main' }])
    const outputs = [set, listed, await run(['vault', 'list'])].map(({ stdout }) => stdout).join('')
    expect(outputs).not.toContain(secret)
    expect(outputs).not.toContain(readFileSync(keyFile, 'utf8').trim())
    for (const name of ['perdure.db', 'perdure.db-wal'].filter((file) => existsSync(join(cwd, '.perdure', file))))
      expect(readFileSync(join(cwd, '.perdure', name), 'latin1')).not.toContain(secret)
    expect(await run(['vault', 'delete', 'main'])).toMatchObject({ exitCode: 0 })
    expect(await run(['vault', 'delete', 'main'])).toMatchObject({ exitCode: 2 })
  })

  test('takes no value from the command line, and none that is empty', async () => {
    const { run } = machine()
    expect(await run(['vault', 'set', 'main', secret])).toMatchObject({ exitCode: 2 })
    expect(await run(['vault', 'set', 'main'], { stdin: '\n' })).toMatchObject({ exitCode: 2 })
  })
})

requires('tmux').test('perdure vault set at a terminal takes what is typed, and does not show it', async () => {
  const { home, cwd, run } = machine()
  const tmux = (...command: readonly string[]): string =>
    execFileSync('tmux', ['-S', join(home, 'tmux.sock'), '-f', '/dev/null', ...command], {
      cwd,
      encoding: 'utf8',
      env: plainEnvironment({ TERM: 'xterm-256color', HOME: home, XDG_CONFIG_HOME: '' }),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const screen = (): string => tmux('capture-pane', '-p')
  tmux('new-session', '-d', `'${process.execPath}' '${binPath}' vault set typed; sleep 600`)
  onTestFinished(() => void tmux('kill-server'))
  await vi.waitFor(() => expect(screen()).toContain('Value of typed:'), { timeout: 30_000, interval: 100 })
  tmux('send-keys', secret, 'Enter')
  await vi.waitFor(() => expect(screen()).toContain('typed is set'), { timeout: 30_000, interval: 100 })
  expect(screen()).not.toContain(secret)
  expect((await run(['vault', 'list'])).stdout).toMatch(/^typed /)
})

describe('perdure config show', () => {
  test('tells each setting and who says so', async () => {
    const { cwd, run } = machine()
    expect((await run(['config', 'show'])).stdout).toContain('Nothing is configured')
    const file = join(cwd, 'perdure.config.ts')
    writeFileSync(file, `const env: string = 'MY_KEY'\nexport default { model: { keys: { main: { env } } } }\n`)
    const { stdout } = await run(['config', 'show', '--json'], {
      env: { PERDURE_IDLE_TIMEOUT_MS: '5000', MY_KEY: secret },
    })
    expect(jsonLines(stdout)).toEqual([
      { name: 'model.keys.main', value: { env: 'MY_KEY' }, from: file },
      { name: 'model.stall.idleTimeoutMs', value: 5000, from: 'PERDURE_IDLE_TIMEOUT_MS' },
      { name: 'storage', value: `sqlite ${join(cwd, '.perdure')}`, from: 'the nearest .perdure folder' },
    ])
  })

  test('tells where sessions are kept, and no password', async () => {
    const { run } = machine()
    const DATABASE_URL = `postgres://me:${secret}@db.example/app`
    const { stdout } = await run(['config', 'show', '--json'], {
      env: { DATABASE_URL, S3_ENDPOINT: 'http://s3.example' },
    })
    const found = { name: 'storage', value: 'postgres, checkpoints in s3', from: 'DATABASE_URL, S3_ENDPOINT' }
    expect(jsonLines(stdout)).toEqual([found])
  })

  test('says which file is wrong, and where', async () => {
    const { cwd, run } = machine()
    writeFileSync(join(cwd, 'perdure.config.json'), '{"model":{"keys":{"main":{"enf":"X"}}}}')
    const { exitCode, stderr } = await run(['config', 'show'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('perdure.config.json: model.keys.main.enf')
    expect(stderr).toContain('Did you mean env?')
  })
})

describe('perdure doctor', () => {
  const credentials = async (run: ReturnType<typeof machine>['run'], env: Record<string, string> = {}) => {
    const { stdout } = await run(['doctor', '--json'], { env })
    expect(stdout).not.toContain(secret)
    const checks = jsonLines(stdout)[0]!['checks'] as { name: string }[]
    return checks.find(({ name }) => name === 'credentials')
  }

  test('says which source is in effect, and which file others may read', async () => {
    const { cwd, run } = machine()
    expect(await credentials(run, { ANTHROPIC_API_KEY: secret })).toMatchObject({
      ok: true,
      found: 'environment variable ANTHROPIC_API_KEY',
    })
    const keyFile = join(cwd, 'key')
    writeFileSync(keyFile, secret, { mode: 0o600 })
    writeFileSync(join(cwd, 'perdure.config.json'), '{"model":{"keys":{"main":{"file":"key"}}}}')
    expect(await credentials(run)).toMatchObject({ ok: true, found: `main: file ${keyFile}` })
    chmodSync(keyFile, 0o644)
    expect(await credentials(run)).toMatchObject({ ok: false, remedy: expect.stringContaining('chmod 600') as string })
    writeFileSync(join(cwd, 'perdure.config.json'), '{"model":{"keys":{"main":{"vault":"main"}}}}')
    expect(await credentials(run)).toMatchObject({ ok: false, found: 'The vault has no secret main.' })
  })
})
