import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test, vi } from 'vitest'
import type { Sandbox, SandboxProcess } from '../../src/ports/sandbox.ts'
import { createLocalSandboxProvider } from '../../src/sandboxes/local/local-provider.ts'
import { reapOrphans, writeProcessRecord } from '../../src/sandboxes/local/process-record.ts'
import { processesMarked, processStart } from '../../src/sandboxes/local/process-table.ts'
import { TestFolder } from '../agents/agent-rig.ts'
import { requires } from '../support/require.ts'

const run = (sandbox: Sandbox, script: string): SandboxProcess =>
  sandbox.spawn({
    command: '/bin/sh',
    args: ['-c', script],
    workingDirectory: sandbox.workingDirectory,
    environment: { PATH: process.env['PATH'] ?? '' },
  })

/** The processes of this machine that sleep for this many seconds. */
const sleepers = (mark: string): number[] => processesMarked(`SLEEPER=${mark}`)

const behaviour = (reaping: 'kernel' | 'process-group') => () => {
  const ended = {
    bySigterm: reaping === 'kernel' ? { exitCode: 143, signal: null } : { exitCode: null, signal: 'SIGTERM' },
  }
  const provider = createLocalSandboxProvider({ reaping })

  test('says what it is', async () => {
    expect(provider).toMatchObject({ name: 'local', capabilities: { isolation: 'none', network: ['unrestricted'] } })
    expect(await provider.check()).toEqual({ ok: true, reaping })
  })

  test('gives streams, the folder, only the given environment, and the exit code', async () => {
    using folder = new TestFolder()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const process = run(sandbox, 'read line; echo "$line in $(pwd) home=${HOME-none}"; echo complaint >&2; exit 7')
    process.stdin.end('hello\n')
    const [out, err, exit] = await Promise.all([text(process.stdout), text(process.stderr), process.exited])
    expect(out).toBe(`hello in ${folder.path} home=none\n`)
    expect(err).toBe('complaint\n')
    expect(exit).toEqual({ exitCode: 7, signal: null })
  })

  test('signals reach the process itself, with and without a handler of its own', async () => {
    using folder = new TestFolder()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const polite = run(sandbox, 'trap "exit 3" TERM; echo ready; while :; do sleep 0.02; done')
    await once(polite.stdout, 'data')
    polite.kill('SIGTERM')
    expect(await polite.exited).toEqual({ exitCode: 3, signal: null })
    const plain = run(sandbox, 'echo ready; exec sleep 600')
    await once(plain.stdout, 'data')
    plain.kill('SIGTERM')
    expect(await plain.exited).toEqual(ended.bySigterm)
    const killed = run(sandbox, 'kill -KILL $$')
    expect(await killed.exited).toEqual({ exitCode: null, signal: 'SIGKILL' })
  })

  test('a signal right after the start is not lost', async () => {
    using folder = new TestFolder()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const process = run(sandbox, 'exec sleep 600')
    process.kill('SIGTERM')
    expect(await process.exited).toSatisfy((exit) => exit.exitCode !== 0)
  })

  requires('linux').test('destroy leaves nothing, not even what left group and session', async () => {
    using folder = new TestFolder()
    const mark = crypto.randomUUID()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const process = run(
      sandbox,
      `export SLEEPER=${mark}; sleep 600 & setsid sleep 600 & (setsid sleep 600 &) ; sleep 0.1; echo ready; wait`,
    )
    await once(process.stdout, 'data')
    expect(sleepers(mark)).toHaveLength(3)
    await sandbox.destroy()
    expect(sleepers(mark)).toEqual([])
  })

  requires('linux').test('a process that ends by itself leaves nothing either', async () => {
    using folder = new TestFolder()
    const mark = crypto.randomUUID()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const process = run(sandbox, `export SLEEPER=${mark}; setsid sleep 600 >&- 2>&- & exit 0`)
    expect((await process.exited).exitCode).toBe(0)
    await sandbox.destroy()
    expect(sleepers(mark)).toEqual([])
  })

  test('a missing binary arrives as an error of the exit', async () => {
    using folder = new TestFolder()
    const sandbox = await provider.create({ workingDirectory: folder.path })
    const process = sandbox.spawn({
      command: '/nowhere/agent',
      args: [],
      workingDirectory: folder.path,
      environment: {},
    })
    expect((await process.exited).error?.message).toContain('ENOENT')
    await sandbox.destroy()
  })

  test.each([
    ['missing', 'gone', 'does not exist'],
    ['a file', 'file', 'is not a folder'],
  ])('a working directory that is %s is refused before anything starts', async (_what, name, words) => {
    using folder = new TestFolder()
    writeFileSync(join(folder.path, 'file'), '')
    const workingDirectory = join(folder.path, name)
    await expect(provider.create({ workingDirectory })).rejects.toMatchObject({
      code: 'working_directory_missing',
      message: expect.stringContaining(words),
    })
  })

  test('records name a process only while it lives', async () => {
    using folder = new TestFolder()
    const state = join(folder.path, 'state')
    const sandbox = await createLocalSandboxProvider({ reaping, stateDirectory: state }).create({
      workingDirectory: folder.path,
    })
    const process = run(sandbox, 'exec sleep 600')
    expect(readdirSync(join(state, 'processes'))).toHaveLength(1)
    expect(reapOrphans(state)).toEqual([])
    process.kill('SIGKILL')
    await sandbox.destroy()
    expect(readdirSync(join(state, 'processes'))).toEqual([])
  })
}

test('a process that cannot be written down is not left behind', async () => {
  using folder = new TestFolder()
  const stateDirectory = join(folder.path, 'state')
  const sandbox = await createLocalSandboxProvider({ stateDirectory }).create({ workingDirectory: folder.path })
  writeFileSync(stateDirectory, 'in the way')
  const environment = { PATH: process.env['PATH'] ?? '', SLEEPER: folder.path }
  const command = { command: '/bin/sleep', args: ['600'], workingDirectory: folder.path, environment }
  expect(() => sandbox.spawn(command)).toThrow('ENOTDIR')
  await vi.waitFor(() => expect(sleepers(folder.path)).toEqual([]), 3_000)
})

requires('linux', 'pid-namespace').describe('local, reaped by the kernel', behaviour('kernel'))
describe('local, in a process group', behaviour('process-group'))

describe('reapOrphans', () => {
  const deadHost = { hostPid: process.pid, hostStart: 'before this machine was born' }

  test('never kills a process that merely got a dead one’s id', async () => {
    using folder = new TestFolder()
    const sandbox = await createLocalSandboxProvider({ reaping: 'process-group' }).create({
      workingDirectory: folder.path,
    })
    const bystander = sandbox.spawn({
      command: process.execPath,
      args: ['-e', 'console.log(process.pid); setInterval(() => {}, 1e6)'],
      workingDirectory: folder.path,
      environment: {},
    })
    const [line] = (await once(bystander.stdout, 'data')) as [Buffer]
    const pid = Number(line)
    writeProcessRecord(folder.path, { marker: 'nobody', pid, start: 'another time', ...deadHost })
    expect(reapOrphans(folder.path)).toEqual([])
    expect(processStart(pid)).not.toBeNull()
    writeProcessRecord(folder.path, { marker: 'nobody', pid, start: processStart(pid)!, ...deadHost })
    expect(reapOrphans(folder.path)).toEqual([pid])
    await bystander.exited
  })

  test('forgets records that are broken, and does nothing without any', () => {
    using folder = new TestFolder()
    expect(reapOrphans(folder.path)).toEqual([])
    mkdirSync(join(folder.path, 'processes'))
    writeFileSync(join(folder.path, 'processes', 'cut.json'), '{"pid":')
    expect(reapOrphans(folder.path)).toEqual([])
    expect(readdirSync(join(folder.path, 'processes'))).toEqual([])
  })
})
