import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { binPath, call, plainEnvironment, scratchFolder, scriptPath } from './command-line.ts'

const fullDisk = '/dev/full'

/** The command line with its output on a disk that takes nothing. */
async function onFullDisk(args: readonly string[], cwd: string): Promise<{ exitCode: unknown; stderr: string }> {
  const full = openSync(fullDisk, 'w')
  const child = spawn(process.execPath, [binPath, ...args], {
    cwd,
    env: plainEnvironment(),
    stdio: ['ignore', full, 'pipe'],
  })
  closeSync(full)
  const stderr = child.stderr === null ? '' : text(child.stderr)
  const [exitCode] = (await once(child, 'close')) as [unknown]
  return { exitCode, stderr: await stderr }
}

test.skipIf(!existsSync(fullDisk))('output that cannot be written ends the run in order, in one line', async () => {
  const cwd = scratchFolder()
  const { exitCode, stderr } = await onFullDisk(['run', '--json', '--script', scriptPath, 'hello'], cwd)
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/^perdure: the output cannot be written: ENOSPC.*\n$/) as string,
  })
  expect((await call(['session', 'list'], { cwd })).stdout).toContain('idle')
  expect(await onFullDisk(['--help'], cwd)).toMatchObject({ exitCode: 1 })
})
