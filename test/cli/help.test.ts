import { describe, expect, test } from 'vitest'
import { binPath, call, plainEnvironment, scratchFolder } from './command-line.ts'
import { spawnSync } from 'node:child_process'

const columnsOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

describe('help', () => {
  test('fits one screen and names every command', async () => {
    const { exitCode, stdout } = await call(['--help'])
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(24)
    expect(columnsOf(stdout)).toBeLessThanOrEqual(80)
    for (const name of ['run', 'session', 'demo', 'doctor', 'version'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  test('loads no package, and nothing beyond the command table', () => {
    const hooks = `import { registerHooks } from 'node:module'
      registerHooks({ load(url, context, next) { if (url.startsWith('file:')) console.error(url); return next(url, context) } })`
    const { stderr, status } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, binPath, '--help'],
      { env: plainEnvironment(), encoding: 'utf8' },
    )
    expect(status).toBe(0)
    const loaded = stderr.trim().split('\n')
    expect(loaded).toContainEqual(expect.stringContaining('/cli/bin.ts'))
    expect(loaded.filter((url) => /node_modules|\/compose\/|\/commands\//.test(url))).toEqual([])
  })

  test.each([['run'], ['session', 'list'], ['session', 'fork'], ['doctor'], ['demo']])(
    '%s %s explains its flags',
    async (...path) => {
      const { exitCode, stdout } = await call([...path, '--help'])
      expect(exitCode).toBe(0)
      expect(stdout).toContain(`Usage: perdure ${path.join(' ')}`)
      expect(columnsOf(stdout)).toBeLessThanOrEqual(80)
    },
  )

  test('version is one line', async () => {
    const { exitCode, stdout } = await call(['--version'])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
  })
})

describe('a command line that can never be right ends with 2 and says what was meant', () => {
  // That each such line is refused is shown beside the parser; here, that the process says so and how it ends.
  test.each([
    [['rnu'], 'Did you mean run?'],
    [['run', '--modle', 'x', 'hi'], 'Did you mean --model?'],
    [['run', '--sandbox', 'docker', 'hi'], 'not built yet'],
    [['run', '--max-turns', 'few', 'hi'], '--max-turns is a positive number'],
    [['run', '--resume', 'hi'], 'no session here yet'],
  ])('%j', async (args, message) => {
    const { exitCode, stdout, stderr } = await call([...args], { cwd: scratchFolder() })
    expect(stderr).toContain(message)
    expect([exitCode, stdout]).toEqual([2, ''])
  })
})
