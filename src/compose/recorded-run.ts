import { resolve } from 'node:path'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import type { UserContent } from '../domain/user-input.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { changeTexts } from '../gateway/cassette/change-texts.ts'
import { PathTable } from '../gateway/cassette/normalise/places.ts'
import { readCassette } from '../gateway/cassette/read-cassette.ts'

/** How a recorded run was started. */
export interface RecordedRun {
  readonly prompt: string | UserContent
  readonly options: ClaudeAgentOptions
  /** Names of options that were given and are not in the recording. */
  readonly unrecorded: readonly string[]
  /** How it ended; null: the recording was cut. */
  readonly outcome: { readonly status: string } | null
}

/**
 * Reads what a recorded run was asked, as it would be asked in this folder.
 * @throws {PerdureError} `cassette_invalid`; also when the recording was not made by a run with one prompt.
 */
export function readRecordedRun(path: string, workingDirectory: string): RecordedRun {
  const { header, outcome } = readCassette(resolve(path))
  const places = new PathTable({ workingDirectory, home: process.env['HOME'] })
  const run = changeTexts(header.run, (text) => places.fromCassette(text)) as typeof header.run
  if (run === null || run.prompt === null || run.prompt === undefined) {
    throw new PerdureError('cassette_invalid', `The recording ${path} does not tell what the run was asked.`, {
      hint: 'Give it to the program that made it, as option replay: runAgent({ prompt, replay }).',
    })
  }
  return {
    prompt: run.prompt as string | UserContent,
    options: run.options,
    unrecorded: run.unrecorded,
    outcome,
  }
}
