import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { MemoryStorage, runAgent } from '../../src/index.ts'
import { scriptedModel, startScriptedMessagesApi } from '../../src/testing/index.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'
import { binPath, call, plainEnvironment, start } from './command-line.ts'

const script = `
rules:
  - when: { agent: false, request: 1 }
    reply:
      text: I look.
      tools:
        - { name: Bash, input: { command: 'ls; date; echo $HOME; cat a.txt' } }
        - { name: Read, input: { file_path: '{{cwd}}/a.txt' } }
  - when: { agent: false, request: 2 }
    reply:
      tool: { name: Edit, input: { file_path: '{{cwd}}/a.txt', old_string: hello, new_string: bye } }
      agents:
        - { type: general-purpose, prompt: first, description: one }
        - { type: general-purpose, prompt: second, description: two }
  - when: { agent: true, request: 1 }
    reply: { tool: { name: Bash, input: { command: 'cat a.txt' } } }
  - when: { agent: true }
    reply: Read.
  - reply: 'Done in {{cwd}}.'
`

function place(name: string) {
  const root = scratchFolder()
  const work = join(root, name)
  for (const folder of [work, join(root, 'home')]) mkdirSync(folder)
  writeFileSync(join(work, 'a.txt'), 'hello\n')
  writeFileSync(join(root, 'script.yaml'), script)
  const env = { HOME: join(root, 'home'), PERDURE_DATA_DIR: join(root, 'sessions') }
  return { root, work, env, script: join(root, 'script.yaml'), cassette: join(root, 'cassette') }
}

const flags = ['--tools', 'Bash,Read,Edit,Agent', '--allowed-tools', 'Bash,Agent', '--permission-mode', 'acceptEdits']

async function recorded() {
  const at = place('work')
  const { exitCode, stdout } = await call(
    ['record', at.cassette, `Mend ${at.work}/a.txt`, '--script', at.script, ...flags],
    { cwd: at.work, env: at.env },
  )
  expect(stdout).toContain(`Done in ${at.work}.`)
  expect(exitCode).toBe(0)
  return at
}

async function waitFor(isThere: () => boolean): Promise<void> {
  while (!isThere()) await sleep(20)
}

const bubblewrap = ['bwrap', '--dev-bind', '/', '/', '--unshare-net', '--die-with-parent']
const emptyNamespace = ['unshare', '--user', '--map-root-user', '--net']

async function replayedInside([file = '', ...args]: readonly string[]): Promise<void> {
  const { cassette } = await recorded()
  const at = place('elsewhere')
  const options = { cwd: at.work, encoding: 'utf8', env: plainEnvironment(at.env) } as const
  const devices = spawnSync(file, [...args, 'cat', '/proc/net/dev'], options).stdout
  expect(devices.match(/^ *\w+:/gm)).toEqual(['    lo:'])
  const { status, stdout } = spawnSync(file, [...args, process.execPath, binPath, 'replay', cassette], options)
  expect(stdout).toContain('✓ replayed: 7 of 7 requests played · the same answer')
  expect(status).toBe(0)
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

describe('perdure record and perdure replay', () => {
  test(
    'a run is replayed on a copy, diverges when something changed, and is recorded again',
    { timeout: 120_000 },
    async () => {
      const { cassette, script: scriptPath } = await recorded()
      const at = place('elsewhere')
      const replay = (...more: string[]) => call(['replay', cassette, ...more], { cwd: at.work, env: at.env })

      const same = await replay()
      expect(same).toMatchObject({ exitCode: 0, stderr: '' })
      expect(same.stdout).toContain('A recording plays the model')
      expect(same.stdout).toContain('✓ replayed: 7 of 7 requests played · the same answer')
      expect(same.stdout).not.toContain('resume')
      expect(readFileSync(join(at.work, 'a.txt'), 'utf8')).toBe('hello\n')

      const untouched = await replay('--tools', 'recorded', '--json')
      expect(untouched.exitCode).toBe(0)
      expect(JSON.parse(untouched.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
        type: 'perdure.replay',
        is_same: true,
        played: 7,
        unplayed: [],
      })

      writeFileSync(join(at.work, 'b.txt'), '')
      const other = await replay('--match', 'any-order')
      expect(other.exitCode).toBe(1)
      expect(other.stdout).toMatch(/\(result of Bash [^\n]*\)\n\s+a\.txt\n\s+\+ b\.txt\n/)
      expect(other.stdout).toContain('✗ not the recorded run: 1 of 7 requests played')

      const updated = await replay('--update', '--script', scriptPath)
      expect(updated.exitCode).toBe(0)
      expect((await replay('--cwd', at.work)).exitCode).toBe(0)
      expect(readFileSync(join(at.work, 'a.txt'), 'utf8')).toBe('bye\n')
    },
  )

  requires('bubblewrap').test(
    'a run is replayed where nothing but loopback is',
    () => replayedInside(bubblewrap),
    90_000,
  )

  requires('network-namespace').test(
    'a run is replayed where not even loopback is up',
    async () => {
      const [file = '', ...args] = emptyNamespace
      const show = 'console.log(Object.keys(os.networkInterfaces()))'
      expect(spawnSync(file, [...args, process.execPath, '-e', show], { encoding: 'utf8' }).stdout).toBe('[]\n')
      await replayedInside(emptyNamespace)
    },
    90_000,
  )

  test('neither the key nor the machine stands in a recording', { timeout: 60_000 }, async () => {
    const at = place('work')
    const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv'
    writeFileSync(join(at.work, '.env'), `KEY=${key}\n`)
    const api = await startScriptedMessagesApi({
      turns: [{ tool: { name: 'Bash', input: { command: 'cat .env; pwd' } } }, `The key is ${key}.`],
    })
    try {
      const env = { ...at.env, ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: api.url }
      const ended = await call(['record', at.cassette, `Use ${key} in ${at.work}.`, ...flags], { cwd: at.work, env })
      expect(ended.exitCode).toBe(0)
    } finally {
      await api.close()
    }
    const encoded = Buffer.from(key).toString('base64').slice(0, -4)
    for (const file of filesOf(at.cassette)) {
      const content = readFileSync(file, 'utf8')
      for (const secret of [key, encoded, at.root, '127.0.0.1']) expect(content).not.toContain(secret)
    }
    const replayed = await call(['replay', at.cassette], { cwd: at.work, env: at.env })
    expect(replayed.stdout).toContain('✓ replayed: 2 of 2 requests played · the same answer')
  })

  test('what was recorded until a kill is replayed until there', { timeout: 60_000 }, async () => {
    const at = place('work')
    writeFileSync(at.script, script.replace('reply: { tool', 'reply: { stallAfterEvents: 2, tool'))
    const recording = start(['record', at.cassette, 'Look.', '--script', at.script, ...flags], {
      cwd: at.work,
      env: at.env,
    })
    await recording.shows('● Agent')
    const manifest = join(at.cassette, 'cassette.jsonl')
    await waitFor(() => readFileSync(manifest, 'utf8').split('"type":"exchange"').length > 2)
    recording.process.kill('SIGKILL')
    await recording.ended
    writeFileSync(join(at.work, 'a.txt'), 'hello\n')
    const { exitCode, stdout } = await call(['replay', at.cassette], { cwd: at.work, env: at.env })
    expect(exitCode).toBe(1)
    expect(stdout).toContain('a sub-agent (POST /v1/messages) asks what was not recorded')
    expect(stdout).toContain('2 of 2 requests played')
  })

  test('what cannot be right is refused', { timeout: 30_000 }, async () => {
    const { root, work: cwd } = place('work')
    expect(await call(['replay', join(root, 'none')], { cwd })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('There is no cassette'),
    })
    expect(await call(['replay', 'x', '--script', 'y'], { cwd })).toMatchObject({ exitCode: 2 })
    const { work, cassette } = place('other')
    const upstream = scriptedModel({ turns: ['Hi.'] })
    await runAgent({ prompt: 'hi', cwd: work, storage: new MemoryStorage(), upstream, record: cassette, hooks: {} })
    expect(await call(['replay', cassette, '--update'], { cwd })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not in the recording: hooks'),
    })
    expect(await call(['record'], { cwd })).toMatchObject({ exitCode: 2 })
    expect(await call(['run', '--cassette', join(root, 'none'), 'hi'], { cwd })).toMatchObject({ exitCode: 2 })
  })
})
