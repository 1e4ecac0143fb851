import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import type { RunOutcome } from '../domain/outcome.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { CassetteRecorder } from '../gateway/cassette/cassette-recorder.ts'
import type { Places } from '../gateway/cassette/normalise/places.ts'
import { recordingUpstream } from '../gateway/cassette/recording-upstream.ts'
import { recordToolCalls } from '../gateway/cassette/tools/record-tool-calls.ts'
import { guardedUpstream, withoutGuard } from '../gateway/traffic/guarded-upstreams.ts'
import { createReplayUpstream } from '../gateway/upstreams/cassette/create-replay-upstream.ts'
import type { AgentDriver } from '../ports/agent-driver.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'
import type { RecordOptions, ReplayOptions } from './cassette-options.ts'
import { recordableOptions } from './recordable-options.ts'
import type { PerdureRunOptions } from './run-agent-options.ts'

type Driver = AgentDriver<ClaudeAgentOptions>

/** Who plays the model of a run, and what it means to a cassette. */
export interface RunCassette {
  readonly upstream: ModelUpstream
  readonly driver: Driver
  /** Hears how the run ended before anybody else, and may know better. */
  readonly ended: (outcome: RunOutcome) => RunOutcome
}

export interface CassetteRun {
  readonly own: PerdureRunOptions
  readonly agent: ClaudeAgentOptions
  readonly driver: Driver
  /** Chooses among the other upstreams. */
  readonly chooseUpstream: () => Promise<ModelUpstream>
}

/**
 * Who plays the model of a run that may be recorded or replayed.
 * @throws {PerdureError} `invalid_request`, `cassette_invalid`, and what the choice of an upstream throws.
 */
export async function openRunCassette(run: CassetteRun): Promise<RunCassette> {
  const { record, replay, upstream, script } = run.own
  if (replay !== undefined) {
    const other = Object.entries({ record, upstream, script }).find(([, value]) => value !== undefined)
    if (other === undefined) return replayed(typeof replay === 'string' ? { path: replay } : replay, run)
    throw new PerdureError('invalid_request', `Options replay and ${other[0]} both say who plays the model.`, {
      hint: 'Give one of them.',
    })
  }
  const chosen = await run.chooseUpstream()
  if (record === undefined) return { upstream: chosen, driver: run.driver, ended: (outcome) => outcome }
  return recorded(typeof record === 'string' ? { path: record } : record, { ...run, chosen })
}

function recorded(
  { path, normalise, onRecorded }: RecordOptions,
  run: CassetteRun & { readonly chosen: ModelUpstream },
): RunCassette {
  const { own, agent, chosen } = run
  const recorder = new CassetteRecorder({
    path: resolve(path),
    places: placesOf(run),
    normalise,
    run: factsOf(own, agent),
  })
  return {
    // Limits are those of the key, which other runs use too; a recording has none of its own.
    upstream: withoutGuard(recordingUpstream(guardedUpstream(chosen), recorder)),
    driver: recordToolCalls(run.driver, recorder),
    ended: (outcome) => {
      const { status, text, turns, usage } = outcome
      const errorCode = 'error' in outcome ? outcome.error.code : null
      recorder.finish({ status, text, turns, usage: { ...usage }, errorCode })
      const { failure } = recorder
      onRecorded?.(failure === null ? null : PerdureError.from(failure, 'storage_failed'))
      return outcome
    },
  }
}

function factsOf({ prompt, sessionId }: PerdureRunOptions, agent: ClaudeAgentOptions) {
  const { options, unrecorded } = recordableOptions(agent)
  const isWritable = typeof prompt === 'string' || Array.isArray(prompt)
  const others = [...(isWritable ? [] : ['prompt']), ...(sessionId === undefined ? [] : ['sessionId'])]
  return { prompt: isWritable ? prompt : null, options, unrecorded: [...others, ...unrecorded] }
}

function replayed(options: ReplayOptions, run: CassetteRun): RunCassette {
  const { onReport, tools = 'live', path, ...others } = options
  const { driver } = run
  const upstream = createReplayUpstream({ ...others, tools, path: resolve(path), places: placesOf(run) })
  const { recordedTools } = upstream
  return {
    upstream: withoutGuard(upstream),
    driver: tools === 'live' ? driver : { ...driver, start: (request) => driver.start({ ...request, recordedTools }) },
    ended: (outcome) => {
      const report = upstream.report()
      onReport?.(report)
      if (outcome.status !== 'completed' || report.unplayed.length === 0) return outcome
      return { ...outcome, status: 'failed', error: endedEarly(path, report.unplayed) }
    },
  }
}

const namedRequests = 5

function endedEarly(path: string, unplayed: readonly string[]): PerdureError {
  const named = unplayed.slice(0, namedRequests).join(', ')
  const rest = unplayed.length > namedRequests ? ` and ${unplayed.length - namedRequests} more` : ''
  return new PerdureError(
    'replay_diverged',
    `The replay diverged from ${path}: it ended without ${unplayed.length} of the recorded requests (${named}${rest}).`,
    { details: { cassette: path, unplayed } },
  )
}

/** Where the run works is known for a new session; any agent says so itself. */
function placesOf({ own, agent }: CassetteRun): Places {
  const workingDirectory = own.sessionId === undefined ? resolve(own.cwd ?? '.') : own.cwd
  return { workingDirectory, home: agent.env?.['HOME'] ?? process.env['HOME'] ?? homedir() }
}
