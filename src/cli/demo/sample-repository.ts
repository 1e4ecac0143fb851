import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { usageError } from '../usage-error.ts'

const run = promisify(execFile)

/** A small repository with a real bug: numbers are sorted as if they were words. */
const files: Readonly<Record<string, string>> = {
  'package.json': `{
  "name": "median",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  'README.md': `# median

The middle value of a list of numbers. \`npm test\` runs the tests.
`,
  'src/median.js': `/** The middle value of a list; the mean of the two middle ones where their count is even. */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError('the median of nothing')
  const sorted = [...numbers].sort()
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
`,
  'test/median.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median } from '../src/median.js'

test('one number is its own median', () => {
  assert.equal(median([7]), 7)
})

test('the middle of three', () => {
  assert.equal(median([10, 9, 1]), 9)
})

test('nothing has no median', () => {
  assert.throws(() => median([]), RangeError)
})
`,
}

/** Writes the repository into a folder and commits it. @throws {PerdureError} `invalid_request` when git is missing. */
export async function createSampleRepository(folder: string): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  await git(folder, 'init', '--quiet', '--initial-branch=main')
  await git(folder, 'add', '.')
  await git(folder, 'commit', '--quiet', '--message=A median, with a bug')
}

/** What changed since the commit. */
export const diffOf = (folder: string, options: { readonly isColoured: boolean }): Promise<string> =>
  git(folder, 'diff', `--color=${options.isColoured ? 'always' : 'never'}`)

/** Git with none of the user's own settings: no hooks, no signatures, no pager. */
async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const author = ['-c', 'user.name=Perdure', '-c', 'user.email=demo@example.invalid']
  const env = { ...process.env, GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: undefined }
  try {
    return (await run('git', [...author, ...args], { cwd: folder, env })).stdout
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw usageError('The demo needs git, and it is not installed.', 'Install it: perdure doctor names the command.')
  }
}

export interface TestRun {
  readonly hasPassed: boolean
  readonly output: string
}

/** Runs the repository's tests, in a process of ours and not through the agent. */
export async function runSampleTests(folder: string): Promise<TestRun> {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined, FORCE_COLOR: undefined }
  try {
    const { stdout } = await run(process.execPath, ['--test'], { cwd: folder, env, timeout: 60_000 })
    return { hasPassed: true, output: stdout }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { hasPassed: false, output: stdout + stderr }
  }
}
