import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  createAgentPool,
  MemoryStorage,
  openSession,
  runAgent,
  SqliteStorage,
  type LoggedEvent,
  type RunAgentOptions,
  type StorageSource,
} from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'

const write = (path: string, content = 'made\n') => ({ name: 'Write', input: { file_path: path, content } })
const bash = (command: string) => ({ name: 'Bash', input: { command } })
const once = (tool: { name: string; input: Record<string, unknown> }): Script => ({
  turns: [{ text: 'I do it.', tool }, 'Done.'],
})

interface Place {
  readonly cwd: string
  readonly storage: StorageSource
  readonly dataDirectory: string
}

const place = (): Place => ({ cwd: scratchFolder(), storage: new MemoryStorage(), dataDirectory: scratchFolder() })

const start = (script: Script, options: Place & Partial<RunAgentOptions>) =>
  runAgent({
    prompt: 'Do it.',
    upstream: scriptedModel(script),
    tools: ['Bash', 'Write', 'Read', 'Edit'],
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    env: { IS_SANDBOX: '1' },
    ...options,
  })

async function logOf(sessionId: string, { storage }: Pick<Place, 'storage'>): Promise<LoggedEvent[]> {
  return (await openSession(sessionId, { storage })).events()
}
const savesIn = (events: readonly LoggedEvent[]) =>
  events.flatMap((event) => (event.type === 'perdure.checkpoint_saved' ? [event] : []))
const failuresIn = (events: readonly LoggedEvent[]) =>
  events.flatMap((event) => (event.type === 'perdure.checkpoint_failed' ? [event] : []))
const pathsOf = (changes: readonly { type: string; path: string }[]) =>
  changes.map(({ type, path }) => `${type} ${path}`)

describe('a run', () => {
  it('saves what it finds and what each turn leaves, Bash included, before the turn is over', async () => {
    const here = place()
    writeFileSync(join(here.cwd, 'there.txt'), 'there\n')
    const outcome = await start(once(bash('echo more >> there.txt; mkdir src; echo x > src/new.txt')), here)
    expect(outcome).toMatchObject({ status: 'completed', moreFilesChanged: 0, next: { action: 'none' } })
    expect(pathsOf(outcome.filesChanged)).toEqual(['added src/new.txt', 'changed there.txt'])
    const events = await logOf(outcome.sessionId, here)
    const [base, turn, ...others] = savesIn(events)
    expect(others).toEqual([])
    expect(base).toMatchObject({ reason: 'run_started', parent_checkpoint_id: null, working_directory: here.cwd })
    expect(turn).toMatchObject({ reason: 'turn_ended', parent_checkpoint_id: base!.checkpoint_id })
    expect(outcome.checkpointId).toBe(turn!.checkpoint_id)
    expect(pathsOf(turn!.changes)).toEqual(['added src/new.txt', 'changed there.txt'])
    const types = events.map(({ type }) => type)
    expect(types.indexOf('perdure.turn_ended')).toBeLessThan(types.lastIndexOf('perdure.checkpoint_saved'))
    expect(types.lastIndexOf('perdure.checkpoint_saved')).toBeLessThan(types.indexOf('session.status_idle'))
    // No tool ran before the base was saved.
    expect(types.indexOf('perdure.checkpoint_saved')).toBeLessThan(types.indexOf('agent.tool_result'))
  })

  it('says nothing where nothing changed, and sees what others changed between two runs', async () => {
    const here = place()
    const script: Script = { rules: [{ reply: 'Nothing to do.' }] }
    const { sessionId } = await start(script, here)
    expect(savesIn(await logOf(sessionId, here))).toHaveLength(1)
    const second = await start(script, { ...here, sessionId })
    expect(second.filesChanged).toEqual([])
    expect(savesIn(await logOf(sessionId, here))).toHaveLength(1)
    writeFileSync(join(here.cwd, 'by-hand.txt'), 'mine')
    const third = await start(script, { ...here, sessionId })
    expect(third.filesChanged).toEqual([])
    const saves = savesIn(await logOf(sessionId, here))
    expect(saves.map(({ reason, changes }) => [reason, ...pathsOf(changes)])).toEqual([
      ['run_started'],
      ['run_started', 'added by-hand.txt'],
    ])
    expect((await (await openSession(sessionId, here)).state()).checkpointId).toBe(third.checkpointId)
  })

  it('saves a turn before it takes the next message, each with its own changes', async () => {
    const here = place()
    const script: Script = {
      rules: [
        { when: { toolResult: true }, reply: 'Done.' },
        { when: { lastUserText: 'one' }, reply: { tool: write(join(here.cwd, 'one.txt')) } },
        { when: { lastUserText: 'two' }, reply: { tool: write(join(here.cwd, 'two.txt')) } },
      ],
    }
    async function* prompts() {
      yield { content: 'one', priority: 'later' as const }
      yield { content: 'two', priority: 'later' as const }
    }
    const outcome = await start(script, { ...here, prompt: prompts() })
    expect(outcome.turns).toBe(2)
    const saves = savesIn(await logOf(outcome.sessionId, here))
    expect(saves.map(({ reason, changes }) => [reason, ...pathsOf(changes)])).toEqual([
      ['run_started'],
      ['turn_ended', 'added one.txt'],
      ['turn_ended', 'added two.txt'],
    ])
    expect(pathsOf(outcome.filesChanged)).toEqual(['added one.txt', 'added two.txt'])
  })

  it('saves before risky tools on demand, those of sub-agents too', async () => {
    const here = place()
    const script: Script = {
      rules: [
        { when: { agent: true, toolResult: false }, reply: { tool: bash('rm keep.txt') } },
        { when: { agent: true }, reply: 'Removed.' },
        {
          when: { toolResult: false },
          reply: {
            tools: [write(join(here.cwd, 'keep.txt'))],
          },
        },
        {
          when: { toolResult: 'Write' },
          reply: {
            tool: {
              name: 'Agent',
              input: { description: 'clean', prompt: 'Remove it.', subagent_type: 'cleaner', run_in_background: false },
            },
          },
        },
        { reply: 'Done.' },
      ],
    }
    const outcome = await start(script, {
      ...here,
      tools: ['Bash', 'Write', 'Agent'],
      agents: { cleaner: { description: 'cleans', prompt: 'You clean.', tools: ['Bash'] } },
      checkpoints: { beforeTools: ['Bash'] },
    })
    expect(outcome).toMatchObject({ status: 'completed', filesChanged: [] })
    const saves = savesIn(await logOf(outcome.sessionId, here))
    expect(saves.map(({ reason, changes }) => [reason, ...pathsOf(changes)])).toEqual([
      ['run_started'],
      ['before_tool', 'added keep.txt'],
      ['turn_ended', 'deleted keep.txt'],
    ])
  })

  it('that is aborted says what it had changed, and is saved as it was cut', async () => {
    const here = place()
    const run = start(once(bash('echo half > half.txt; sleep 60')), here)
    for await (const event of run) {
      if (event.type !== 'agent.tool_use') continue
      await untilThere(join(here.cwd, 'half.txt'))
      void run.abort()
    }
    const outcome = await run
    expect(outcome).toMatchObject({ status: 'cancelled', next: { action: 'resume' } })
    expect(pathsOf(outcome.filesChanged)).toEqual(['added half.txt'])
    const events = await logOf(outcome.sessionId, here)
    const reasons = savesIn(events).map(({ reason }) => reason)
    expect(reasons[0]).toBe('run_started')
    expect(['turn_ended', 'run_ended']).toContain(reasons[1])
  })

  it('that reaches its budget, or fails, tells what it changed and what to do next', async () => {
    const here = place()
    const usage = {
      input_tokens: 8_000,
      output_tokens: 400,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: {},
    }
    const turns = Array.from({ length: 12 }, () => ({ tool: write(join(here.cwd, 'a.txt')), usage }))
    const spent = await start({ turns }, { ...here, budget: { maxCostUSD: 0.1 } })
    expect(spent).toMatchObject({ status: 'budget_reached', next: { action: 'raise_budget' } })
    expect(pathsOf(spent.filesChanged)).toEqual(['added a.txt'])
    const failing: Script = {
      turns: [{ tool: write(join(here.cwd, 'b.txt')) }, { error: { status: 400, type: 'invalid_request_error' } }],
    }
    const failed = await start(failing, here)
    expect(failed).toMatchObject({ status: 'failed', next: { action: 'fix_and_resume' } })
    expect(failed.next.hint).toContain('resume')
    expect(pathsOf(failed.filesChanged)).toEqual(['added b.txt'])
  })

  it('goes on where its folder cannot be saved, and says it once', async () => {
    const here = place()
    for (let file = 0; file < 5; file++) writeFileSync(join(here.cwd, `${file}.txt`), 'x')
    const outcome = await start(once(write(join(here.cwd, 'more.txt'))), { ...here, checkpoints: { maxFiles: 3 } })
    expect(outcome).toMatchObject({ status: 'completed', filesChanged: [], checkpointId: null })
    const events = await logOf(outcome.sessionId, here)
    expect(failuresIn(events)).toMatchObject([{ reason: 'run_started', error: { code: 'work_tree_unsuitable' } }])
    expect(savesIn(events)).toEqual([])
  })

  it('saves nothing where checkpoints are off, and whose tools come from a recording', async () => {
    const here = place()
    const cassette = join(scratchFolder(), 'cassette')
    const tool = write(join(here.cwd, 'a.txt'))
    const recorded = await start(once(tool), { ...here, record: cassette })
    expect(savesIn(await logOf(recorded.sessionId, here))).toHaveLength(2)
    rmSync(join(here.cwd, 'a.txt'))
    const replayed = await start(once(tool), {
      ...here,
      upstream: undefined,
      replay: { path: cassette, tools: 'recorded' },
    })
    expect(replayed).toMatchObject({ status: 'completed', filesChanged: [] })
    const off = await start(once(tool), { ...here, checkpoints: 'off' })
    expect(off).toMatchObject({ status: 'completed', filesChanged: [], checkpointId: null })
    for (const { sessionId } of [replayed, off]) expect(savesIn(await logOf(sessionId, here))).toEqual([])
  })

  it('of a pool saves as well, and its first tool waits for the base', async () => {
    const here = place()
    writeFileSync(join(here.cwd, 'there.txt'), 'there\n')
    const { storage, cwd, dataDirectory } = here
    const pool = createAgentPool({
      storage,
      cwd,
      dataDirectory,
      upstream: scriptedModel(once(bash('rm there.txt'))),
      tools: ['Bash'],
      permissionMode: 'bypassPermissions',
      allowDangerouslySkipPermissions: true,
      env: { IS_SANDBOX: '1' },
    })
    try {
      await pool.warm()
      const outcome = await pool.runAgent({ prompt: 'Do it.' })
      expect(pathsOf(outcome.filesChanged)).toEqual(['deleted there.txt'])
    } finally {
      await pool.close()
    }
  })

  it('leaves the user’s repository alone, and saves edits beside it', async () => {
    const here = place()
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: here.cwd, encoding: 'utf8' })
    git('init', '-q')
    writeFileSync(join(here.cwd, 'a.txt'), 'one\ntwo\n')
    mkdirSync(join(here.cwd, 'node_modules'))
    git('add', 'a.txt')
    git('commit', '-qm', 'first')
    const before = git('status', '--porcelain=v2', '--branch')
    const edit = { file_path: join(here.cwd, 'a.txt'), old_string: 'two', new_string: 'three' }
    const script: Script = {
      turns: [
        { tool: { name: 'Read', input: { file_path: edit.file_path } } },
        { tool: { name: 'Edit', input: edit } },
        'Done.',
      ],
    }
    const outcome = await start(script, here)
    expect(outcome.filesChanged).toEqual([{ type: 'changed', path: 'a.txt', lines: { added: 1, removed: 1 } }])
    expect(readFileSync(edit.file_path, 'utf8')).toBe('one\nthree\n')
    git('checkout', '-q', 'a.txt')
    expect(git('status', '--porcelain=v2', '--branch')).toBe(before)
    const [base] = savesIn(await logOf(outcome.sessionId, here))
    expect(base?.left_out).toEqual([{ path: 'node_modules', reason: 'excluded' }])
  })
})

describe.skipIf(process.platform !== 'linux')('a run whose process is killed', () => {
  it('leaves what it reached: text, files and what to do next; the next run begins with what it left', async () => {
    const here = { cwd: scratchFolder(), dataDirectory: scratchFolder() }
    const script: Script = {
      rules: [
        { when: { toolResult: false, lastUserText: 'First.' }, reply: { tool: write(join(here.cwd, 'first.txt')) } },
        {
          when: { lastUserText: 'Second.' },
          reply: { text: 'I begin.', tool: bash('echo half > half.txt; sleep 60') },
        },
        { reply: 'Done.' },
      ],
    }
    const options = {
      ...here,
      script,
      tools: ['Bash', 'Write'],
      permissionMode: 'bypassPermissions' as const,
      allowDangerouslySkipPermissions: true,
      env: { IS_SANDBOX: '1' },
    }
    const child = startProgram('run-until-killed.ts', { prompt: 'First.', ...options })
    const [first] = (await linesOf(child)).slice(-1)
    const { sessionId } = first as unknown as { sessionId: string }
    const second = startProgram('run-until-killed.ts', { prompt: 'Second.', sessionId, ...options })
    await untilThere(join(here.cwd, 'half.txt'))
    second.kill('SIGKILL')
    await linesOf(second)

    const session = await openSession(sessionId, here)
    expect(await session.reached()).toMatchObject({
      status: 'died',
      text: 'I begin.',
      filesChanged: [],
      next: { action: 'resume' },
    })
    await session.resume()
    const reached = await session.reached()
    expect(reached).toMatchObject({ status: 'failed', text: 'I begin.', next: { action: 'resume' } })
    expect(pathsOf(reached.filesChanged)).toEqual(['added half.txt'])
    const events = await session.events()
    expect(savesIn(events).map(({ reason, changes }) => [reason, ...pathsOf(changes)])).toEqual([
      ['run_started'],
      ['turn_ended', 'added first.txt'],
      ['run_ended', 'added half.txt'],
    ])
    const more = await start(
      { rules: [{ reply: 'Alive again.' }] },
      { ...here, storage: new SqliteStorage({ dataDirectory: here.dataDirectory }), sessionId },
    )
    expect(more).toMatchObject({ status: 'completed', checkpointId: reached.checkpointId, filesChanged: [] })
  })
})

describe('two sessions in one folder', () => {
  it('of two processes are saved beside each other, 3,000 files and all', async () => {
    const here = { cwd: scratchFolder(), dataDirectory: scratchFolder() }
    for (let file = 0; file < 3000; file++) {
      const folder = join(here.cwd, `folder-${file % 50}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${file}.txt`), `${file}\n`)
    }
    const children = ['left', 'right'].map((name) =>
      startProgram('run-until-killed.ts', {
        ...here,
        prompt: 'Go.',
        script: once(bash(`echo ${name} > ${name}.txt; sleep 1`)),
        tools: ['Bash'],
        permissionMode: 'bypassPermissions',
        allowDangerouslySkipPermissions: true,
        env: { IS_SANDBOX: '1' },
      }),
    )
    const outcomes = (await Promise.all(children.map(linesOf))).map((lines) => lines.at(-1))
    const storage = new SqliteStorage({ dataDirectory: here.dataDirectory })
    for (const [place, name] of ['left', 'right'].entries()) {
      expect(outcomes[place]).toMatchObject({ status: 'completed' })
      const { sessionId } = outcomes[place] as unknown as { sessionId: string }
      const saves = savesIn(await logOf(sessionId, { ...here, storage }))
      expect(saves.map(({ reason }) => reason)).toEqual(['run_started', 'turn_ended'])
      expect(saves.flatMap(({ changes }) => pathsOf(changes))).toContain(`added ${name}.txt`)
    }
    const records = await storage.open()
    const packs = readdirSync(join(here.dataDirectory, 'work-trees'))
    expect(packs).toHaveLength(1)
    await records.close()
  })
})

function startProgram(name: string, work: object): ChildProcess {
  const program = fileURLToPath(new URL(`../support/programs/${name}`, import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function linesOf(child: ChildProcess): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = []
  for await (const line of createInterface({ input: child.stdout! })) lines.push(JSON.parse(line) as never)
  return lines
}

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10))
}
