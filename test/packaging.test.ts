import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { firstProgram } from './support/first-program.ts'
import { requires } from './support/require.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'perdure-package-'))
const minutes = 60_000

/** Output of a program that must succeed; npm scripts’ own settings are not inherited. */
async function run(command: string, args: readonly string[], cwd: string = root): Promise<string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_OPTIONS|NODE_V8_COVERAGE|ANTHROPIC_|PERDURE_)/.test(name),
  )
  // npm finds its registry in the settings of the user who runs the tests, not in the home of the tests.
  const env = { ...Object.fromEntries(inherited), HOME: userInfo().homedir }
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 16 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>
}
let tarball = ''
let packed: readonly string[] = []

beforeAll(async () => {
  const output = await run('npm', ['pack', '--json', '--pack-destination', scratch])
  const listing: unknown = JSON.parse(output.slice(output.search(/^[[{]/m)))
  const [entry] = Object.values(listing as Record<string, { filename: string; files: { path: string }[] }>)
  tarball = join(scratch, entry!.filename)
  packed = entry!.files.map((file) => file.path)
}, 2 * minutes)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the packed package', () => {
  test('holds what is built, and neither tests nor fixtures', () => {
    expect(packed).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/bin.js']),
    )
    expect(packed).toContain('examples/scripts/hello.yaml')
    expect(packed.filter((path) => /\.test\.|fixtures|^src\//.test(path))).toEqual([])
  })

  test('passes publint', async () => {
    await expect(run('publint', [tarball, '--strict'])).resolves.toContain('All good!')
  })

  test('has types that resolve (attw, ESM only)', async () => {
    // It ends with a failure when a name does not resolve; what it prints shows that it looked at the doors.
    const report = await run('attw', [tarball, '--profile', 'esm-only'])
    for (const door of ['"perdure"', '"perdure/testing"', '"perdure/testing/contracts"', '"perdure/compat"']) {
      expect(report).toContain(door)
    }
  })
})

const online = requires('registry')
online.describe('in an empty folder', () => {
  const consumer = join(scratch, 'consumer')

  beforeAll(async () => {
    await run('mkdir', [consumer], scratch)
    writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], consumer)
  }, 5 * minutes)

  test('a plain install brings everything that the package needs, and nothing optional', () => {
    const installed = readdirSync(join(consumer, 'node_modules/@anthropic-ai'))
    expect(installed).toEqual(expect.arrayContaining(['claude-agent-sdk', 'sdk']))
    const optional = Object.keys(manifest.peerDependencies).filter((name) => name === 'vitest')
    for (const name of optional) expect(readdirSync(join(consumer, 'node_modules'))).not.toContain(name)
  })

  test(
    'the program of README.md runs without a key',
    async () => {
      writeFileSync(join(consumer, 'hello.ts'), firstProgram())
      const output = await run(process.execPath, ['hello.ts'], consumer)
      expect(output).toContain('Hello from a script.')
      expect(output).toMatch(/completed [\d.]+ sesn_[0-9a-z]{26}\n$/)
    },
    2 * minutes,
  )

  test(
    'the program of README.md type-checks against the package, and one that hands a storage to the Agent SDK',
    async () => {
      writeFileSync(join(consumer, 'session-store.ts'), firstProgram('docs/guides/session-store.md'))
      const options = [
        '--noEmit',
        '--module',
        'nodenext',
        '--target',
        'es2024',
        '--strict',
        '--types',
        'node',
        '--typeRoots',
        join(root, 'node_modules/@types'),
      ]
      await run('tsc', [...options, 'hello.ts', 'session-store.ts'], consumer)
    },
    2 * minutes,
  )

  test(
    'the command is installed',
    async () => {
      const output = await run(join(consumer, 'node_modules/.bin/perdure'), ['--version'], consumer)
      expect(output.trim()).toMatch(/^\d+\.\d+\.\d+/)
    },
    minutes,
  )
})
