import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { RunAgentOptions } from '../../compose/run-agent-options.ts'
import { chooseUpstream } from '../../compose/choose-upstream.ts'
import { runAgent } from '../../compose/run-agent.ts'
import { openSession } from '../../compose/open-session.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { exitCodeOfOutcome } from '../exit-code.ts'
import { outputClosed, writeLine } from '../output.ts'
import { createStyle, isColoured, type Style } from '../render/style.ts'
import { formatSeconds, formatUsd } from '../render/text.ts'
import { Timeline } from '../render/timeline.ts'
import { createTextView } from '../run/text-view.ts'
import { driveRun } from '../run/drive-run.ts'
import { usingRuntime } from '../using-runtime.ts'
import { fixABug, prompts } from './fix-a-bug.ts'
import { createSampleRepository, diffOf, runSampleTests } from './sample-repository.ts'
import { typedCommand } from '../typed-command.ts'

/** What the agent may do without being asked; nobody is there to ask. */
const allowedTools = [
  'Bash(node --test:*)',
  'Bash(npm test:*)',
  'Bash(ls:*)',
  'Bash(cat:*)',
  'Bash(git diff:*)',
  'Grep',
]
/** So that a real model cannot run on for ever. */
const turnLimits = { maxTurns: 30, timeoutMs: 5 * 60_000 }

interface Demo {
  readonly style: Style
  readonly repository: string
  readonly dataDirectory: string
  readonly isScripted: boolean
}

/** `perdure demo`: a real agent fixes a real bug. Resolves to 0 only when the tests pass afterwards. */
export async function runDemo(options: { readonly isScripted: boolean }): Promise<number> {
  const startedMs = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'perdure-demo-'))
  const demo: Demo = {
    style: createStyle(process.stdout),
    repository: join(folder, 'repository'),
    dataDirectory: join(folder, 'sessions'),
    isScripted: options.isScripted || !(await hasCredentials()),
  }
  await mkdir(demo.repository)
  await createSampleRepository(demo.repository)
  writeLine(introduction(demo))
  if ((await runSampleTests(demo.repository)).hasPassed)
    throw new PerdureError('internal_error', 'The sample has no bug.')
  const outcomes = await usingRuntime(() => threeTurns(demo))
  const failed = outcomes.find(({ status }) => status !== 'completed')
  if (failed !== undefined) return exitCodeOfOutcome(failed)
  return report(demo, { outcomes, startedMs })
}

async function hasCredentials(): Promise<boolean> {
  try {
    await chooseUpstream({ allowLogin: false }, process.env)
    return true
  } catch (error) {
    if (PerdureError.is(error) && error.code === 'credentials_missing') return false
    throw error
  }
}

function introduction({ style, repository, isScripted }: Demo): string {
  const player = isScripted
    ? 'There is no key, so a script plays the model. The agent, its tools and the bug are real.'
    : 'Your credentials are used: a real model plays, and costs some cents.'
  return `${style.bold('A small repository with a failing test')}\n${repository}\n${style.yellow(player)}\n`
}

/** One turn, a second one on the resumed session, and a third one on a fork. Stops at the first that fails. */
async function threeTurns(demo: Demo): Promise<RunOutcome[]> {
  const first = await turn(demo, { heading: '1. A new session', prompt: prompts.fix, title: 'Fix the median' })
  if (first.status !== 'completed') return [first]
  const { sessionId } = first
  const second = await turn(demo, { heading: '2. The same session, resumed', prompt: prompts.extend, sessionId })
  if (second.status !== 'completed') return [first, second]
  const question = { prompt: prompts.explain, sessionId, fork: true, title: 'Changelog' }
  const third = await turn(demo, { heading: '3. A fork of it, for a question aside', ...question })
  await showTimeline(demo, sessionId)
  return [first, second, third]
}

async function turn(demo: Demo, options: RunAgentOptions & { heading: string; prompt: string }): Promise<RunOutcome> {
  const { style, repository, dataDirectory, isScripted } = demo
  const { heading, ...rest } = options
  writeLine(`${style.bold(heading)}\n${style.green('>')} ${options.prompt}\n`)
  const run = runAgent({
    ...rest,
    ...turnLimits,
    cwd: repository,
    dataDirectory,
    tools: ['Bash', 'Edit', 'Grep', 'Read'],
    allowedTools,
    permissionMode: 'acceptEdits',
    approvals: 'refuse',
    // The agent's commands run on the Node that runs us, whatever else the machine has.
    env: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
    signal: outputClosed,
    ...(isScripted ? { script: fixABug } : {}),
  })
  const script = isScripted ? 'fix-a-bug' : undefined
  const columns = process.stdout.columns ?? 100
  const view = createTextView({ style, columns, script, dataDirectory, sessionId: run.sessionId })
  const outcome = await driveRun(run, { view, asks: false })
  writeLine('')
  return outcome
}

const storyTypes: readonly string[] = [
  'user.message',
  'agent.message',
  'agent.tool_use',
  'agent.tool_result',
  'perdure.turn_ended',
  'session.status_idle',
]

async function showTimeline({ style, dataDirectory }: Demo, sessionId: string): Promise<void> {
  const session = await openSession(sessionId, { dataDirectory })
  const timeline = new Timeline({ style, columns: process.stdout.columns ?? 100, startedAt: session.record.createdAt })
  const lines = (await session.events()).map((event) => ({ type: event.type, line: timeline.line(event) }))
  writeLine(style.bold('The log of the session'))
  for (const { type, line } of lines) if (storyTypes.includes(type)) writeLine(line)
}

async function report(
  demo: Demo,
  { outcomes, startedMs }: { outcomes: readonly RunOutcome[]; startedMs: number },
): Promise<number> {
  const { style, repository, dataDirectory, isScripted } = demo
  writeLine(
    `\n${style.bold('git diff')}\n${(await diffOf(repository, { isColoured: isColoured(process.stdout) })).trimEnd()}\n`,
  )
  const tests = await runSampleTests(repository)
  if (!tests.hasPassed) {
    writeLine(`${tests.output}\n${style.red('✗ The tests still fail.')} Look for yourself: ${repository}`)
    return 1
  }
  const costUsd = outcomes.reduce((sum, outcome) => sum + outcome.costUsd, 0)
  const cost = `${formatUsd(costUsd)}${isScripted ? ' at list price, nothing spent' : ''}`
  writeLine(
    `${style.green('✓ The tests pass.')} ${style.dim(`${cost} · ${formatSeconds(performance.now() - startedMs)}`)}`,
  )
  writeLine(`  repository  ${repository}\n  sessions    ${dataDirectory}`)
  writeLine(`  look        ${typedCommand()} session list --data-dir ${dataDirectory}`)
  return 0
}
