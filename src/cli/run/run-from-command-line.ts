import { runAgent } from '../../compose/run-agent.ts'
import type { RunAgentOptions } from '../../compose/run-agent-options.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { exitCodeOfOutcome } from '../exit-code.ts'
import { outputClosed, writeJson } from '../output.ts'
import { notStartedRecord } from '../render/outcome-record.ts'
import { createStyle } from '../render/style.ts'
import { usingRuntime } from '../using-runtime.ts'
import { driveRun } from './drive-run.ts'
import { createJsonView } from './json-view.ts'
import { decisionOf } from './decision-of-flags.ts'
import { readPrompt } from './read-prompt.ts'
import type { RunFlags } from './run-flags.ts'
import { runOptions } from './run-options.ts'
import type { RunView } from './run-view.ts'
import { withScriptsAtHand } from './scripts-at-hand.ts'
import { sessionToRun } from './session-to-run.ts'
import { createTextView } from './text-view.ts'

/** `perdure run`: resolves to the exit code. @throws {PerdureError} when the run could not begin. */
export async function runFromCommandLine(flags: RunFlags): Promise<number> {
  try {
    return await usingRuntime(async () => {
      let isRecorded = true
      const outcome = await runToItsEnd(flags, (failure) => (isRecorded = failure === null))
      return isRecorded ? exitCodeOfOutcome(outcome) : exitCodeOfOutcome(outcome) || 1
    })
  } catch (thrown) {
    const error = await withScriptsAtHand(PerdureError.from(thrown))
    if (flags.json === true) writeJson(notStartedRecord(error))
    throw error
  }
}

type RecordOptions = Exclude<NonNullable<RunAgentOptions['record']>, string>

async function runToItsEnd(flags: RunFlags, onRecorded: RecordOptions['onRecorded']): Promise<RunOutcome> {
  const canAsk = process.stdin.isTTY && process.stdout.isTTY && flags.json !== true
  const sessionId = await sessionToRun(flags)
  const decision = decisionOf(flags)
  const prompt =
    decision === undefined
      ? await readPrompt({ words: flags.prompt, stdin: process.stdin, isOptional: sessionId !== null })
      : undefined
  const options = runOptions(flags, { prompt, decision, sessionId, canAsk })
  const run = runAgent({ ...options, ...recording(flags, onRecorded), signal: outputClosed })
  return driveRun(run, { view: viewFor(flags, run.sessionId), asks: options.approvals === 'wait' })
}

/** What could not be recorded is a failure of this command, though not of the run. */
const recording = (
  { record: path }: RunFlags,
  onRecorded: RecordOptions['onRecorded'],
): Pick<RunAgentOptions, 'record'> =>
  path === undefined ? {} : { record: { path, ...(onRecorded === undefined ? {} : { onRecorded }) } }

function viewFor(flags: RunFlags, sessionId: string): RunView {
  if (flags.json === true) return createJsonView({ previews: flags.previews === true })
  return createTextView({
    style: createStyle(process.stdout),
    columns: process.stdout.columns ?? 100,
    sessionId,
    script: flags.script,
    cassette: flags.cassette,
    dataDirectory: flags['data-dir'],
  })
}
