import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect } from 'vitest'
import { createLocalSandboxProvider } from '../../src/sandboxes/local/local-provider.ts'
import { TestFolder } from '../agents/agent-rig.ts'
import { requires } from '../support/require.ts'

const hostScript = fileURLToPath(new URL('doomed-host.ts', import.meta.url))

interface Survivor {
  readonly pid: number
  readonly command: string
}

/** All processes that run in the folder, or sleep for the given time, as the machine itself sees them. */
function survivors(cwd: string, seconds: string): Survivor[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const isOurs = command === `sleep ${seconds}` || environment.includes(`PWD=${cwd}\0`)
        return isOurs && command !== '' ? [{ pid: Number(pid), command }] : []
      } catch {
        return []
      }
    })
}

async function until(holds: () => boolean, limitMs = 20_000): Promise<void> {
  for (const end = performance.now() + limitMs; !holds() && performance.now() < end;) await delay(20)
}

describe('a host that is killed in the middle of an agent’s command', () => {
  const left: (() => Survivor[])[] = []
  afterEach(() => left.splice(0).forEach((find) => find().forEach(({ pid }) => process.kill(pid, 'SIGKILL'))))

  const asleep = (folder: TestFolder, seconds: string): Survivor[] =>
    survivors(folder.path, seconds).filter(({ command }) => command === `sleep ${seconds}`)

  async function startHost(reaping: string, folder: TestFolder, seconds: string): Promise<ChildProcess> {
    const state = join(folder.path, 'state')
    left.push(() => survivors(folder.path, seconds))
    const host = spawn(process.execPath, [hostScript, folder.path, seconds, reaping, state], { stdio: 'inherit' })
    await until(() => asleep(folder, seconds).length === 3)
    return host
  }

  async function killHost(reaping: string, folder: TestFolder, seconds: string): Promise<Survivor[]> {
    const host = await startHost(reaping, folder, seconds)
    const before = asleep(folder, seconds)
    host.kill('SIGKILL')
    await once(host, 'exit')
    return before
  }

  requires('linux', 'pid-namespace').test('leaves nothing where the kernel reaps', async () => {
    using folder = new TestFolder()
    const seconds = `${5_000_000 + process.pid}.1`
    const before = await killHost('kernel', folder, seconds)
    expect(before).toHaveLength(3)
    await until(() => survivors(folder.path, seconds).length === 0, 2_000)
    expect(survivors(folder.path, seconds)).toEqual([])
  })

  requires('linux', 'pid-namespace').test('is not outlived by them either when it freezes', async () => {
    using folder = new TestFolder()
    const seconds = `${5_000_000 + process.pid}.3`
    const host = await startHost('kernel', folder, seconds)
    expect(asleep(folder, seconds)).toHaveLength(3)
    host.kill('SIGSTOP')
    // Before the lease of its session can be another's, which takes ten seconds at the least.
    await until(() => asleep(folder, seconds).length === 0)
    expect(asleep(folder, seconds)).toEqual([])
    host.kill('SIGKILL')
    await once(host, 'exit')
  })

  requires('linux').test('leaves orphans to a process group, and the next start ends them all', async () => {
    using folder = new TestFolder()
    const seconds = `${5_000_000 + process.pid}.2`
    const before = await killHost('process-group', folder, seconds)
    expect(before).toHaveLength(3)
    expect(survivors(folder.path, seconds)).toEqual(expect.arrayContaining(before))
    const provider = createLocalSandboxProvider({
      stateDirectory: join(folder.path, 'state'),
      reaping: 'process-group',
    })
    await provider.create({ workingDirectory: folder.path })
    await until(() => survivors(folder.path, seconds).length === 0, 2_000)
    expect(survivors(folder.path, seconds)).toEqual([])
    expect(readdirSync(join(folder.path, 'state', 'processes'))).toEqual([])
  })
})
