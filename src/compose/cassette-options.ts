import { z } from 'zod'
import type { PerdureError } from '../errors/perdure-error.ts'
import type { UserRule } from '../gateway/cassette/normalise/normalise-request.ts'
import type { MatchMode } from '../gateway/upstreams/cassette/recorded-exchanges.ts'
import type { ReplayReport } from '../gateway/upstreams/cassette/create-replay-upstream.ts'
import type { ReplaySpeed } from '../gateway/upstreams/cassette/play-answer.ts'

/** A row beside the table of what differs between two runs of the same thing: its pattern is replaced before requests are compared. */
export type NormaliseRow = UserRule

export interface RecordOptions {
  /** Folder of the cassette. What was recorded there before is replaced once the first exchange has ended. */
  path: string
  /** Further rows for what is chance; a replay needs the same. */
  normalise?: readonly NormaliseRow[]
  /** Hears at the end whether all was recorded, or why not: a recording that fails does not fail the run. */
  onRecorded?: (failure: PerdureError | null) => void
}

export interface ReplayOptions {
  /** Folder of the cassette. */
  path: string
  /**
   * `in-order` (the default): the nth request of each thread must be the nth that was recorded of it. `any-order`:
   * each request gets the first answer to such a request that was not given yet.
   */
  match?: MatchMode
  /** `now` (the default), or `recorded`: with the pauses of the recording. */
  speed?: ReplaySpeed
  /**
   * `live` (the default): tools work, and what they give is compared. `recorded`: no tool works and nothing is
   * started beside the agent; results come from the recording.
   */
  tools?: 'live' | 'recorded'
  /** Further rows for what is chance. */
  normalise?: readonly NormaliseRow[]
  /** Hears at the end how much of the recording was played. */
  onReport?: (report: ReplayReport) => void
}

const normalise = z
  .array(
    z.strictObject({
      pattern: z.instanceof(RegExp),
      replacement: z.string(),
      within: z.enum(['all', 'tool_result']).optional(),
    }),
  )
  .optional()

const callback = z.custom((value) => value === undefined || typeof value === 'function', 'not a function').optional()
const path = z.string().min(1)

export const recordOptionsSchema = z.union([path, z.strictObject({ path, normalise, onRecorded: callback })])

export const replayOptionsSchema = z.union([
  path,
  z.strictObject({
    path,
    match: z.enum(['in-order', 'any-order']).optional(),
    speed: z.enum(['now', 'recorded']).optional(),
    tools: z.enum(['live', 'recorded']).optional(),
    normalise,
    onReport: callback,
  }),
])
