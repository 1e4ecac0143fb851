import { resolve } from 'node:path'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import type { UserContent } from '../domain/user-input.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { changeTexts } from '../gateway/cassette/change-texts.ts'
import { PathTable } from '../gateway/cassette/normalise/places.ts'
import { readCassette } from '../gateway/cassette/read-cassette.ts'

/** How a recorded run was started. */
export interface RecordedRun {
  /** What was asked, and how, as it reads in this folder. */
  readonly askedIn: (workingDirectory: string) => AskedRun
  /** Names of options that were given and are not in the recording. */
  readonly unrecorded: readonly string[]
  /** How it ended; null: the recording was cut. */
  readonly outcome: { readonly status: string } | null
}

export interface AskedRun {
  readonly prompt: string | UserContent
  readonly options: ClaudeAgentOptions
}

/**
 * Reads how a recorded run was started, to start it again.
 * @throws {PerdureError} `cassette_invalid`; also when the recording was not made by a run with one prompt.
 */
export function readRecordedRun(path: string): RecordedRun {
  const { header, outcome } = readCassette(resolve(path))
  const { run } = header
  if (run === null || run.prompt === null || run.prompt === undefined) {
    throw new PerdureError('cassette_invalid', `The recording ${path} does not tell what the run was asked.`, {
      hint: 'Give it to the program that made it, as option replay: runAgent({ prompt, replay }).',
    })
  }
  const { prompt, options, unrecorded } = run
  const askedIn = (workingDirectory: string): AskedRun => {
    const places = new PathTable({ workingDirectory, home: process.env['HOME'] })
    return changeTexts({ prompt, options }, (text) => places.fromCassette(text)) as AskedRun
  }
  return { askedIn, unrecorded, outcome }
}
