import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'
import { binPath, plainEnvironment, start } from './command-line.ts'

const script = `
turns:
  - tool: { name: Bash, input: { command: "echo number $RANDOM | tee made.txt" } }
  - "It is {{toolResult}}."
`

/** Runs the command line where there is no network at all: only the loopback device is up. */
async function withoutNetwork(args: readonly string[]): Promise<{ exitCode: unknown; output: string }> {
  const inside = ['--dev-bind', '/', '/', '--unshare-net', '--die-with-parent', process.execPath, binPath]
  const child = spawn('bwrap', [...inside, ...args], { env: plainEnvironment({ IS_SANDBOX: '1' }) })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [exitCode] = await once(child, 'close')
  return { exitCode, output }
}

requires('bubblewrap').test(
  'perdure replay --tools recorded: the same answer, without a network and without a trace',
  async () => {
    const folder = scratchFolder()
    const [work, empty, cassette] = [join(folder, 'work'), join(folder, 'empty'), join(folder, 'cassette')]
    mkdirSync(work)
    mkdirSync(empty)
    writeFileSync(join(folder, 'script.yaml'), script)
    const recorded = await start(
      ['record', cassette, 'go', '--script', join(folder, 'script.yaml'), '--cwd', work, '--data-dir', folder]
        .concat(['--permission-mode', 'bypassPermissions']),
      { env: { IS_SANDBOX: '1' } },
    ).ended // prettier-ignore
    expect(recorded).toMatchObject({ exitCode: 0 })
    const made = readFileSync(join(work, 'made.txt'), 'utf8').trim()
    expect(made).toMatch(/^number \d+$/)

    const replayed = await withoutNetwork(['replay', cassette, '--tools', 'recorded', '--cwd', empty])
    expect(replayed.output).toContain(`It is ${made}.`)
    expect(replayed.output).toContain('its tools do not work')
    expect(replayed.output).toContain('2 of 2 requests played · the same answer')
    expect(replayed.exitCode).toBe(0)
    expect(readdirSync(empty)).toEqual([])
  },
  120_000,
)
