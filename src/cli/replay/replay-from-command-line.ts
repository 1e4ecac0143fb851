import { resolve } from 'node:path'
import type { ReplayOptions } from '../../compose/cassette-options.ts'
import { readRecordedRun, type RecordedRun } from '../../compose/recorded-run.ts'
import { runAgent } from '../../compose/run-agent.ts'
import type { RunAgentOptions } from '../../compose/run-agent-options.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import { exitCodeOfOutcome } from '../exit-code.ts'
import { outputClosed, writeJson, writeLine } from '../output.ts'
import { createStyle } from '../render/style.ts'
import { driveRun } from '../run/drive-run.ts'
import { createJsonView } from '../run/json-view.ts'
import type { RunView } from '../run/run-view.ts'
import { createTextView } from '../run/text-view.ts'
import { usageError } from '../usage-error.ts'
import { usingRuntime } from '../using-runtime.ts'
import { renderVerdict, replayVerdict, verdictRecord, type ReplayVerdict } from './replay-verdict.ts'
import { makeWorkPlace, type WorkPlace } from './work-place.ts'

export interface ReplayFlags {
  readonly cassette: string
  readonly match?: string | undefined
  readonly speed?: string | undefined
  readonly tools?: string | undefined
  readonly cwd?: string | undefined
  readonly update?: boolean | undefined
  readonly script?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly json?: boolean | undefined
}

/** `perdure replay`: resolves to the exit code. @throws {PerdureError} when the run could not begin. */
export async function replayFromCommandLine(flags: ReplayFlags): Promise<number> {
  if (flags.script !== undefined && flags.update !== true) {
    throw usageError('--script goes with --update.', 'Leave it out: the recording plays the model.')
  }
  const recorded = readRecordedRun(flags.cassette)
  const missing = recorded.unrecorded.join(', ')
  if (flags.update === true && missing !== '') {
    throw usageError(
      `The recorded run had options that are not in the recording: ${missing}.`,
      'Record it again with the program that has them.',
    )
  }
  const place = await makeWorkPlace(flags)
  try {
    return await usingRuntime(() => (flags.update === true ? update : replay)(flags, { recorded, place }))
  } finally {
    await place.remove()
  }
}

interface Situation {
  readonly recorded: RecordedRun
  readonly place: WorkPlace
}

async function replay(flags: ReplayFlags, situation: Situation): Promise<number> {
  const reports: Parameters<NonNullable<ReplayOptions['onReport']>>[0][] = []
  const outcome = await run(flags, situation, {
    replay: { ...replayOptions(flags), onReport: (report) => reports.push(report) },
  })
  const verdict = replayVerdict({ outcome, report: reports[0]!, recordedStatus: situation.recorded.outcome?.status })
  show(verdict, flags)
  return verdict.isSame ? 0 : 1
}

async function update(flags: ReplayFlags, situation: Situation): Promise<number> {
  const player = flags.script === undefined ? {} : { script: flags.script }
  return exitCodeOfOutcome(await run(flags, situation, { record: flags.cassette, ...player }))
}

/** The recorded run once more. Nobody is asked: what a person allowed is not in a recording. */
function run(
  flags: ReplayFlags,
  { recorded, place }: Situation,
  player: Pick<RunAgentOptions, 'replay' | 'record' | 'script'>,
): Promise<RunOutcome> {
  const { prompt, options } = recorded.askedIn(place.workingDirectory)
  const started = runAgent({
    ...options,
    prompt,
    cwd: place.workingDirectory,
    dataDirectory: place.dataDirectory,
    approvals: 'refuse',
    signal: outputClosed,
    ...player,
  })
  const view = viewFor(flags, started.sessionId)
  if (recorded.unrecorded.length > 0 && flags.json !== true) {
    writeLine(`The recorded run had options that are not in the recording: ${recorded.unrecorded.join(', ')}.`)
  }
  return driveRun(started, { view, asks: false })
}

function replayOptions({ cassette, match, speed, tools }: ReplayFlags): ReplayOptions {
  const chosen = { match, speed, tools }
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined))
  return { path: resolve(cassette), ...given }
}

function viewFor(flags: ReplayFlags, sessionId: string): RunView {
  if (flags.json === true) return createJsonView({ previews: false })
  return createTextView({
    style: createStyle(process.stdout),
    columns: process.stdout.columns ?? 100,
    sessionId,
    script: flags.script,
    cassette: flags.update === true ? undefined : flags.cassette,
    areToolsRecorded: flags.tools === 'recorded',
    dataDirectory: flags['data-dir'],
    isTemporary: flags['data-dir'] === undefined,
  })
}

function show(verdict: ReplayVerdict, flags: ReplayFlags): void {
  if (flags.json === true) writeJson(verdictRecord(verdict))
  else writeLine(renderVerdict(verdict, createStyle(process.stdout)))
}
