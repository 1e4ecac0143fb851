import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { getRun, openSession, PostgresStorage, SqliteStorage, submitRun, type EngineRun } from '../../src/index.ts'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import type { Script } from '../../src/testing/index.ts'
import { plainEnvironment, start, type Started } from '../cli/command-line.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { processesMarked } from '../support/processes.ts'
import { scratchFolder } from '../support/scratch.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(async () => {
  await processRuntime().close()
  await server.close()
})

/** A place to work in, and how the command line and the library come to it. */
interface Workplace {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly engine: { databaseUrl: string } | { dataDirectory: string }
  readonly cwd: string
}

const kinds = {
  'a data directory': (): Workplace => {
    const dataDirectory = scratchFolder()
    return { flags: ['--data-dir', dataDirectory], env: {}, engine: { dataDirectory }, cwd: scratchFolder() }
  },
  'a fleet on PostgreSQL': (): Workplace => ({
    flags: [],
    env: { PERDURE_DATABASE_URL: server.url, PERDURE_DATA_DIR: scratchFolder() },
    engine: { databaseUrl: server.url },
    cwd: scratchFolder(),
  }),
}

const slow: Script = {
  rules: [
    {
      when: { lastUserText: 'Go.', toolResult: false },
      reply: { text: 'On it.', tool: { name: 'Bash', input: { command: 'echo ran >> ran.txt; sleep 4' } } },
    },
    { when: { lastUserText: 'Continue' }, reply: 'Picked up.' },
    { reply: 'Done.' },
  ],
}

function worker(place: Workplace, { script = slow, more = [] }: { script?: Script; more?: string[] } = {}): Started {
  const file = join(scratchFolder(), 'script.json')
  writeFileSync(file, JSON.stringify(script))
  const started = start(['worker', '--json', '--slots', '2', '--script', file, ...more, ...place.flags], {
    env: place.env,
  })
  onTestFinished(() => void started.process.kill('SIGKILL'))
  return started
}

const ready = async (started: Started): Promise<Started> => {
  await started.shows('"status":"ready"')
  return started
}

const submit = (place: Workplace, options: { prompt?: string; id?: string; startAt?: Date } = {}) =>
  submitRun({ prompt: 'Go.', cwd: place.cwd, tools: ['Bash'], allowedTools: ['Bash'], ...place.engine, ...options })

async function ended(place: Workplace, runId: string): Promise<EngineRun> {
  for (;;) {
    const run = await getRun(runId, place.engine)
    if (run.status !== 'queued' && run.status !== 'running') return run
    await delay(100)
  }
}

async function logOf({ engine }: Workplace, sessionId: string) {
  const storage = 'databaseUrl' in engine ? new PostgresStorage(engine.databaseUrl) : new SqliteStorage(engine)
  try {
    const session = await openSession(sessionId, { storage })
    const events = await session.events()
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    return { events, state: await session.state(), said: events.filter(({ type }) => type === 'user.message') }
  } finally {
    await storage.close()
  }
}

const tool = async (cwd: string): Promise<void> => {
  while (!existsSync(join(cwd, 'ran.txt'))) await delay(25)
}

describe.each(Object.entries(kinds))('workers of %s', { timeout: 120_000 }, (kind, workplace) => {
  it('do a run once, however often it is submitted, and end well when they are told to', async () => {
    const place = workplace()
    const id = `twice in ${place.cwd}`
    const submitted = await submit(place, { id })
    expect(await submit(place, { id })).toEqual(submitted)
    const only = await ready(worker(place, { script: { rules: [{ reply: 'Once.' }] } }))
    const run = await ended(place, id)
    expect(run).toMatchObject({ status: 'completed', attempt: 1, output: { status: 'completed', text: 'Once.' } })
    only.process.kill('SIGTERM')
    expect(await only.ended).toMatchObject({ exitCode: 0, stderr: '' })
    const notices = only.output.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: string })
    expect(notices.map(({ status }) => status)).toEqual(['ready', 'running', 'completed'])
    expect((await logOf(place, submitted.sessionId)).said).toHaveLength(1)
  })

  it('go on with the turn of one that was killed, and neither say the prompt again nor run its tool again', async () => {
    const place = workplace()
    const victim = await ready(worker(place))
    const { runId, sessionId } = await submit(place)
    await tool(place.cwd)
    await ready(worker(place))
    victim.process.kill('SIGKILL')
    expect(await ended(place, runId)).toMatchObject({ status: 'completed', attempt: 2, output: { text: 'Picked up.' } })
    const { events, state, said } = await logOf(place, sessionId)
    expect(state).toMatchObject({ status: 'idle', run: null, openTools: {}, openSpans: {} })
    expect(JSON.stringify(said)).toContain('Continue from where you left off.')
    expect(said).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'perdure.tool_results_unknown')).toHaveLength(1)
    expect(readFileSync(join(place.cwd, 'ran.txt'), 'utf8')).toBe('ran\n')
  })

  it('finish their turn after SIGTERM, within the time they have', async () => {
    const place = workplace()
    const leaving = await ready(worker(place, { more: ['--drain-ms', '60000'] }))
    const { runId } = await submit(place)
    await tool(place.cwd)
    leaving.process.kill('SIGTERM')
    expect(await leaving.ended).toMatchObject({ exitCode: 0 })
    expect(await getRun(runId, place.engine)).toMatchObject({
      status: 'completed',
      attempt: 1,
      output: { text: 'Done.' },
    })
  })

  it('hand over what they cannot finish in time', async () => {
    const place = workplace()
    const leaving = await ready(worker(place, { more: ['--drain-ms', '0'] }))
    const { runId, sessionId } = await submit(place)
    await tool(place.cwd)
    leaving.process.kill('SIGTERM')
    expect(await leaving.ended).toMatchObject({ exitCode: 0 })
    expect(leaving.output.stdout).toContain('"status":"handed_over"')
    expect(await getRun(runId, place.engine)).toMatchObject({ status: 'queued', attempt: 1 })
    await ready(worker(place))
    expect(await ended(place, runId)).toMatchObject({ status: 'completed', attempt: 2, output: { text: 'Picked up.' } })
    expect((await logOf(place, sessionId)).said).toHaveLength(2)
    expect(readFileSync(join(place.cwd, 'ran.txt'), 'utf8')).toBe('ran\n')
  })

  it('end a run that is cancelled, with its agent; one that waits is never said', async () => {
    const place = workplace()
    const mark = scratchFolder()
    const running = await submit(place)
    const waiting = await submit(place, { startAt: new Date(Date.now() + 3_600_000) })
    const call = (...args: string[]) => start([...args, '--json', ...place.flags], { env: place.env }).ended
    expect(JSON.parse((await call('runs', 'cancel', waiting.runId)).stdout)).toMatchObject({ status: 'cancelled' })
    const busy = await ready(worker({ ...place, env: { ...place.env, PERDURE_TEST_MARK: mark } }))
    await tool(place.cwd)
    expect((await call('runs', 'cancel', running.runId)).exitCode).toBe(0)
    expect(await ended(place, running.runId)).toMatchObject({ status: 'cancelled' })
    await busy.shows('"status":"cancelled"')
    while (processesMarked(mark).length > 1) await delay(50)
    expect(processesMarked(mark)).toEqual([String(busy.process.pid)])
    const { stdout } = await call('runs', 'list', '--status', 'cancelled')
    expect(stdout).toContain(waiting.runId)
    expect(kind === 'a data directory' ? stdout.trim().split('\n') : ['', '']).toHaveLength(2)
  })
})

describe('a worker of a fleet that was frozen', { timeout: 120_000 }, () => {
  it('ends its agent when it wakes; another has gone on, and the log knows nothing twice', async () => {
    const place = kinds['a fleet on PostgreSQL']()
    const mark = scratchFolder()
    const options = { ...place.engine, slots: 1, hungAfterMs: 2_000, agentOptions: { script: slow } }
    const program = fileURLToPath(new URL('../support/programs/frozen-worker.ts', import.meta.url))
    const workerNamed = async (name: string) => {
      const env = plainEnvironment({ ...place.env, PERDURE_TEST_MARK: name })
      const child = spawn(process.execPath, [program, JSON.stringify(options)], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      let said = ''
      child.stdout.on('data', (chunk) => (said += String(chunk)))
      while (!said.includes('ready')) await delay(50)
      return { child, said: () => said }
    }
    const frozen = await workerNamed(mark)
    const { runId, sessionId } = await submit(place)
    await tool(place.cwd)
    await workerNamed('another')
    frozen.child.kill('SIGSTOP')
    const run = await ended(place, runId)
    expect(run).toMatchObject({ status: 'completed', attempt: 2, output: { text: 'Picked up.' } })
    const before = await logOf(place, sessionId)
    frozen.child.kill('SIGCONT')
    while (!frozen.said().includes('handed_over')) await delay(50)
    while (processesMarked(mark).length > 1) await delay(50)
    expect(processesMarked(mark)).toEqual([String(frozen.child.pid)])
    expect(frozen.said()).toContain('lease_lost')
    const after = await logOf(place, sessionId)
    expect(after.events).toEqual(before.events)
    expect(readFileSync(join(place.cwd, 'ran.txt'), 'utf8')).toBe('ran\n')
  })
})
