import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createSession,
  MemoryStorage,
  type PerdureError,
  runAgent,
  type ReplayReport,
  type RunAgentOptions,
} from '../../src/index.ts'
import { cassette, scriptedModel } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const model = () =>
  scriptedModel([
    {
      when: { agent: false, request: 1 },
      reply: {
        text: 'I look first.',
        tools: [
          { name: 'Bash', input: { command: 'pwd; ls -l; git status; echo $HOME; date; mktemp -d' } },
          { name: 'Read', input: { file_path: '{{cwd}}/a.txt' } },
        ],
      },
    },
    {
      when: { agent: false, request: 2 },
      reply: {
        tool: { name: 'Edit', input: { file_path: '{{cwd}}/a.txt', old_string: 'hello', new_string: 'bye' } },
        agents: [
          { type: 'general-purpose', prompt: 'first task', description: 'one' },
          { type: 'general-purpose', prompt: 'second task', description: 'two' },
        ],
      },
    },
    { when: { agent: true, request: 1 }, reply: { tool: { name: 'Bash', input: { command: 'echo sub; cat a.txt' } } } },
    { when: { agent: true }, reply: 'It says: {{toolResult}}' },
    {
      when: { agent: false, request: 3 },
      reply: {
        tool: {
          name: 'Bash',
          input: {
            command: 'git init -q; git add .; git -c user.name=a -c user.email=b commit -m x; git log -1; seq 1 40000',
          },
        },
      },
    },
    { reply: 'Done in {{cwd}}.' },
  ])

interface Place {
  readonly cwd: string
  readonly home: string
}

function place(depth: string, text = 'hello\n'): Place {
  const root = scratchFolder()
  const [cwd, home] = [join(root, depth), join(root, 'home')]
  for (const folder of [cwd, home]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(cwd, 'a.txt'), text)
  return { cwd, home }
}

const run = ({ cwd, home }: Place, options: Partial<RunAgentOptions>) =>
  runAgent({
    prompt: `Mend ${cwd}/a.txt.`,
    cwd,
    storage: new MemoryStorage(),
    env: { HOME: home, IS_SANDBOX: '1' },
    tools: ['Bash', 'Read', 'Edit', 'Agent'],
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    ...options,
  })

async function recorded(path = join(scratchFolder(), 'cassette')) {
  const at = place('work')
  const outcome = await run(at, { upstream: model(), record: path })
  expect(outcome).toMatchObject({ status: 'completed', text: `Done in ${at.cwd}.` })
  return { path, at }
}

const bytesOf = (path: string): Map<string, Buffer> =>
  new Map(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        join(entry.parentPath, entry.name).slice(path.length),
        readFileSync(join(entry.parentPath, entry.name)),
      ]),
  )

const sumOf = (buffers: Iterable<Buffer>): number => [...buffers].reduce((sum, { length }) => sum + length, 0)

describe('a recorded run', () => {
  test(
    'is replayed elsewhere with tools and sub-agents; a change is shown where it is',
    { timeout: 90_000 },
    async () => {
      const { path } = await recorded()
      const elsewhere = place('some/where/else')
      const reports: ReplayReport[] = []
      const replay = { path, onReport: (report: ReplayReport) => reports.push(report) }
      const outcome = await run(elsewhere, { replay })
      expect(outcome).toMatchObject({ status: 'completed', text: `Done in ${elsewhere.cwd}.` })
      expect(reports[0]).toEqual({
        played: 8,
        recorded: 8,
        unplayed: [],
        divergence: null,
        recordedAnswer: `Done in ${elsewhere.cwd}.`,
      })
      expect(readFileSync(join(elsewhere.cwd, 'a.txt'), 'utf8')).toBe('bye\n')

      const shuffled = await run(place('w'), { replay: { path, match: 'any-order', speed: 'recorded' } })
      expect(shuffled.status).toBe('completed')

      const otherPrompt = await run(place('w'), { prompt: 'Break it.', replay: path })
      expect(otherPrompt).toMatchObject({ status: 'failed', error: { code: 'replay_diverged' } })
      const { message } = (otherPrompt as { error: Error }).error
      expect(message).toContain('request 1 of main is not the recorded one')
      expect(message).toMatch(
        /messages\[0\]\.content\[\d\]\.text\n\s+- Mend \/cassette\/work\/a\.txt\.\n\s+\+ Break it\./,
      )

      const otherResult = await run(place('w', 'hello you\n'), { replay })
      expect(otherResult).toMatchObject({ status: 'failed', text: 'I look first.', error: { code: 'replay_diverged' } })
      expect((otherResult as { error: Error }).error.message).toMatch(
        /\(result of Read \{"file_path":"\/cassette\/work\/a\.txt"\}\)\n\s+- 1\thello\n\s+\+ 1\thello you\n/,
      )
      expect(reports[1]).toMatchObject({ played: 1, divergence: { code: 'replay_diverged' } })
    },
  )

  test('that is recorded again changes little', { timeout: 60_000 }, async () => {
    const path = join(scratchFolder(), 'cassette')
    const record = async () => {
      const at = place('work')
      expect(
        await run(at, { upstream: cassette(path, { record: true, upstream: model(), home: at.home }) }),
      ).toMatchObject({
        status: 'completed',
      })
      return { at, files: bytesOf(path) }
    }
    const { files: before } = await record()
    const { files: after, at } = await record()
    const kept = [...after].filter(([name, bytes]) => before.get(name)?.equals(bytes) === true)
    // All that was asked is the same. Answers have ids of their own, and with them the lines that name them.
    expect(sumOf(kept.map(([, bytes]) => bytes)) / sumOf(after.values())).toBeGreaterThan(0.6)
    const requests = (files: Map<string, Buffer>) =>
      [...files.keys()].filter((name) => /\.(json|txt)$/.test(name)).toSorted()
    expect(requests(after)).toEqual(requests(before))
    for (const bytes of after.values()) expect(bytes.includes(at.cwd)).toBe(false)
  })

  test('that asks less than was recorded has not been replayed', { timeout: 60_000 }, async () => {
    const path = join(scratchFolder(), 'cassette')
    const turns = ['one', 'two']
    const prompts = async function* () {
      yield 'a'
      yield 'b'
    }
    await run(place('w'), { prompt: prompts(), upstream: scriptedModel({ turns }), record: path })
    const outcome = await run(place('w'), { prompt: 'a', replay: path })
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'replay_diverged' } })
    expect((outcome as { error: Error }).error.message).toContain('1 of the recorded requests (main 2)')
  })
})

test('a turn that was interrupted is replayed with its interruption', { timeout: 60_000 }, async () => {
  const path = join(scratchFolder(), 'cassette')
  const turns = [{ text: 'I begin and say no more', stallAfterEvents: 4 }]
  for (const options of [{ upstream: scriptedModel({ turns }), record: path }, { replay: path }]) {
    const running = run(place('w'), { prompt: 'hi', ...options })
    for await (const event of running) if (event.type === 'event_delta') await running.interrupt()
    expect(await running).toMatchObject({ status: 'cancelled' })
  }
  expect(readFileSync(join(path, 'cassette.jsonl'), 'utf8')).toContain('"end":"hung_up"')
})

test('failures are replayed as well, and a session over several runs', { timeout: 90_000 }, async () => {
  const path = join(scratchFolder(), 'cassette')
  const script = {
    turns: [{ error: { status: 529 } } as const, 'One.', { text: 'Cut in the middle', cutAfterEvents: 4 }, 'Two.'],
  }
  for (const open of [() => cassette(path, { record: true, upstream: scriptedModel(script) }), () => cassette(path)]) {
    const upstream = open()
    const session = await createSession({ storage: new MemoryStorage(), cwd: place('w').cwd })
    const retries: string[] = []
    const onRetry = (_: number, { code }: PerdureError) => void retries.push(code)
    const one = await session.run('first', { upstream, onRetry })
    const two = await session.run('second', { upstream, onRetry })
    expect([one.text, two.text]).toEqual(['One.', 'Two.'])
    expect(retries).toEqual(['overloaded', 'connection_failed'])
    expect(upstream.report()?.unplayed ?? []).toEqual([])
  }
})

test('a recording that fails does not fail the run, and is heard of', { timeout: 60_000 }, async () => {
  const path = join(scratchFolder(), 'cassette')
  const failures: (PerdureError | null)[] = []
  const running = run(place('w'), {
    upstream: scriptedModel({ turns: [{ tool: { name: 'Bash', input: { command: 'echo' } } }, 'Done.'] }),
    record: { path, onRecorded: (failure) => failures.push(failure) },
  })
  for await (const event of running) {
    if (event.type !== 'agent.tool_use') continue
    rmSync(join(path, 'bodies'), { recursive: true })
    writeFileSync(join(path, 'bodies'), '')
  }
  expect(await running).toMatchObject({ status: 'completed', text: 'Done.' })
  expect(failures).toMatchObject([{ code: 'storage_failed' }])
})

test('in a test of yours: a cassette plays, and records where that is asked for', { timeout: 60_000 }, async () => {
  const path = join(scratchFolder(), 'greeting')
  expect(() => cassette(path)).toThrow('There is no cassette')
  const recording = cassette(path, { record: true, upstream: scriptedModel({ turns: ['Hello.'] }) })
  for (const open of [() => recording, () => cassette(path)]) {
    const upstream = open()
    const outcome = await runAgent({ prompt: 'hi', cwd: place('w').cwd, storage: new MemoryStorage(), upstream })
    expect(outcome).toMatchObject({ status: 'completed', text: 'Hello.' })
  }
})

test.each([
  [{ replay: 'x', script: 'y' }, 'Options replay and script'],
  [{ replay: 'x', record: 'y' }, 'Options replay and record'],
  [{ replay: '/nowhere/at/all' }, 'There is no cassette'],
] as const)('%j is refused before anything starts', async (options, words) => {
  await expect(runAgent({ prompt: 'hi', storage: new MemoryStorage(), ...options })).rejects.toThrow(words)
})
