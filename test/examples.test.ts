import { execFile } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
/** A checkout with a `dist` of its own: other tests build the real one anew, and it is gone meanwhile. */
const checkout = mkdtempSync(join(tmpdir(), 'perdure-examples-'))
const inherited = Object.entries(process.env).filter(
  ([name]) => !/^(VITEST|NODE_OPTIONS|NODE_V8_COVERAGE|ANTHROPIC_|PERDURE_)/.test(name),
)
const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', TMPDIR: checkout }

/** Output of a program that must end well. */
async function run(file: string, ...args: readonly string[]): Promise<string> {
  const done = promisify(execFile)(join(root, 'node_modules/.bin', file), args, { cwd: checkout, env })
  const { stdout } = await done.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${file} ${args.join(' ')} failed:\n${error.stdout}${error.stderr}`, { cause: error })
  })
  return stdout
}

beforeAll(async () => {
  for (const name of ['package.json', 'examples']) cpSync(join(root, name), join(checkout, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  await run('tsc', '-p', join(root, 'tsconfig.build.json'), '--outDir', join(checkout, 'dist'))
})
afterAll(() => rmSync(checkout, { recursive: true, force: true, maxRetries: 5 }))

/** What each prints where a script plays the model. */
const printed: Readonly<Record<string, RegExp>> = {
  'agent-pool.ts': /^ready agent: first word after \d+ ms\nnew agent: {3}first word after \d+ ms\n$/,
  'approve-later.ts': /^waits: Write .*note\.txt.*\ncompleted: Written\.\n$/,
  'approve-now.ts': /^allowed: Write .*note\.txt.*\ncompleted: Written\.\n$/,
  'budget.ts':
    /^The budget of \$0\.0001 for .* is reached: .*\n(?:\$0\.\d+ after a call of claude-haiku-4-5\n){2}ada has spent \$0\.\d+ of \$5 this month\n$/,
  'fork.ts': /^fork: {5}Then Owl\.\noriginal: Herons are patient\.\n$/,
  'hello.ts': /^Hello from a script\.\ncompleted, 1 model request, \$0\.\d+\n$/,
  'move-session.ts': /^moved: \d+ checkpoints\nA heron\. heron\na copy of Birds, which can go on\n$/,
  'record-and-replay.ts':
    /^recorded: Two birds: a heron and an owl\.\nreplayed: Two birds: a heron and an owl\.\nchanged: {2}\+ 3\trook\n$/,
  'rewind.ts':
    /^after the first turn:  ""\nafter the rewind: {6}"heron\\nowl\\n", 1 file put back\nafter another try: {5}"heron\\n"\nin a fork of that turn: ""\n$/,
  'session-store.ts': /^first machine: Noted: 42\.\nsecond machine: The number was 42\.\nNumbers: 4 messages\n$/,
  'session.ts': /^first run: Noted: 42\.\nsecond run: The number was 42\.\n(\d+ (user|agent)\.message\n){4}$/,
  'stream-to-browser.ts': /^\d+ events, [1-9]\d* pieces of live text; one event again\n$/,
  'structured-output.ts': /^Lisbon, Portugal\n$/,
  'tools-and-sub-agents.ts': /^sub-agent: clerk\nstore: \{"article":"lamp"\}\nThe clerk says: 7 lamps\.\n$/,
  'worker.ts': /^herons: running, attempt 1\nherons: completed, attempt 1\n$/,
}

describe('the examples', () => {
  const programs = globSync('*.ts', { cwd: join(root, 'examples') }).toSorted()

  test('are all known here', () => expect(programs).toEqual(Object.keys(printed).toSorted()))

  test.each(programs)('%s ends well', async (name) => {
    expect(await run('node', join('examples', name))).toMatch(printed[name]!)
  })

  test('the tests of an agent pass', async () => {
    expect(await run('vitest', 'run', '--root', 'examples/testing')).toMatch(/Tests +4 passed/)
  })

  test('are small, and named in their README', () => {
    const readme = readFileSync(join(root, 'examples/README.md'), 'utf8')
    for (const file of globSync('**/*.{ts,yaml}', { cwd: join(root, 'examples') })) {
      const source = readFileSync(join(root, 'examples', file), 'utf8')
      expect(source.trimEnd().split('\n').length, file).toBeLessThanOrEqual(60)
      expect(readme, file).toContain(`(${file})`)
    }
  })
})
