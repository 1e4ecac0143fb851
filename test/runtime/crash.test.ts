import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  listSessions,
  openSession,
  runAgent,
  SqliteStorage,
  type LoggedEvent,
  type RunAgentOptions,
} from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { waitUntilNoneIsMarked } from '../support/processes.ts'
import { scratchFolder } from '../support/scratch.ts'

const program = fileURLToPath(new URL('../support/programs/run-until-killed.ts', import.meta.url))

function startRun(options: Partial<RunAgentOptions> & { script: Script }): ChildProcess {
  const child = spawn(process.execPath, [program, JSON.stringify({ prompt: 'Go.', tools: ['Bash'], ...options })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Kills the process the moment its run says this; resolves to all that it said, which is all that was acknowledged. */
async function killAt(child: ChildProcess, moment: (event: LoggedEvent) => boolean): Promise<LoggedEvent[]> {
  const said: LoggedEvent[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    const event = JSON.parse(line) as LoggedEvent
    if ('sequence' in event) said.push(event)
    if (!child.killed && moment(event)) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode, 'the process was to be killed').toBe('SIGKILL')
  return said
}

const longTool: Script = {
  rules: [
    {
      when: { toolResult: false, lastUserText: 'Go.' },
      reply: { text: 'A long one.', tool: { name: 'Bash', input: { command: 'setsid sleep 61.5 & sleep 60.5' } } },
    },
    { reply: 'Alive again.' },
  ],
}

describe.skipIf(process.platform !== 'linux')('a host that is killed with SIGKILL in the middle of a turn', () => {
  it.each<[string, (event: LoggedEvent) => boolean]>([
    ['as the run begins', (event) => event.type === 'perdure.run_started'],
    ['as the message is logged', (event) => event.type === 'user.message'],
    ['as the model is asked', (event) => event.type === 'span.model_request_start'],
    ['while a tool runs', (event) => event.type === 'agent.tool_use'],
  ])('%s: loses nothing that was acknowledged, leaves no process, and is resumed elsewhere', async (_, moment) => {
    const dataDirectory = scratchFolder()
    const mark = dataDirectory
    const child = startRun({
      dataDirectory,
      cwd: scratchFolder(),
      script: longTool,
      allowedTools: ['Bash'],
      env: { PERDURE_TEST_MARK: mark },
    })
    const said = await killAt(child, moment)
    await waitUntilNoneIsMarked(mark)

    const storage = new SqliteStorage({ dataDirectory })
    const [record] = await (
      await storage.open()
    )
      .workspace({ organizationId: 'default', workspaceId: 'default' })
      .sessions.list()
    const session = await openSession(record!.id, { storage })
    expect((await session.events()).slice(0, said.length)).toEqual(said)

    const model = scriptedModel({ rules: [{ reply: 'Alive again.' }] })
    const outcome = await runAgent({
      prompt: 'Are you there?',
      sessionId: session.id,
      cwd: scratchFolder(),
      storage,
      upstream: model,
      tools: ['Bash'],
    })
    expect(outcome).toMatchObject({ status: 'completed', text: 'Alive again.' })
    const lastBody = JSON.stringify(model.requests.at(-1)?.body)
    expect(lastBody).toContain('Are you there?')
    // What was said before the death reaches the agent, whether its process had written it down or not.
    expect(lastBody).toContain('Go.')

    const log = await session.events()
    expect(log.map((event) => event.sequence)).toEqual(log.map((_event, index) => index + 1))
    expect(log.filter((event) => event.type === 'user.message')).toHaveLength(2)
    expect(await session.state()).toMatchObject({ status: 'idle', run: null, openSpans: {}, openTools: {} })
    const unknown = log.filter((event) => event.type === 'perdure.tool_results_unknown')
    expect(unknown).toHaveLength(log.some((event) => event.type === 'agent.tool_use') ? 1 : 0)
    await storage.close()
  })

  it('just as the result of a tool is logged: the agent is told that result', async () => {
    const dataDirectory = scratchFolder()
    const bash = { name: 'Bash', input: { command: 'sleep 0.5; echo the-result' } }
    const script: Script = {
      rules: [{ when: { toolResult: false }, reply: { tool: bash } }, { reply: { delayMs: 5_000, text: 'Late.' } }],
    }
    const child = startRun({ dataDirectory, cwd: scratchFolder(), script, allowedTools: ['Bash'] })
    await killAt(child, (event) => event.type === 'agent.tool_result')
    const storage = new SqliteStorage({ dataDirectory })
    const [session] = await listSessions({ storage })
    const model = scriptedModel({ rules: [{ reply: 'I see.' }] })
    const run = runAgent({
      prompt: 'Well?',
      sessionId: session!.id,
      cwd: scratchFolder(),
      storage,
      upstream: model,
      tools: ['Bash'],
    })
    expect(await run).toMatchObject({ status: 'completed', text: 'I see.' })
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('"the-result')
    await storage.close()
  })
})
