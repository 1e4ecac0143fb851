import type { ReplayOptions } from '../../compose/cassette-options.ts'
import type { RunOutcome } from '../../domain/outcome.ts'
import type { Style } from '../render/style.ts'

type ReplayReport = Parameters<NonNullable<ReplayOptions['onReport']>>[0]

export interface ReplayVerdict {
  /** All requests were played and none was another, and the run ended as it did. */
  readonly isSame: boolean
  readonly played: number
  readonly recorded: number
  readonly unplayed: readonly string[]
  /** Null: the recording does not tell how the run ended. */
  readonly isSameAnswer: boolean | null
  readonly status: string
  readonly recordedStatus: string | null
}

export interface ReplayEnd {
  readonly outcome: RunOutcome
  readonly report: ReplayReport
  readonly recordedStatus: string | undefined
}

export function replayVerdict({ outcome, report, recordedStatus }: ReplayEnd): ReplayVerdict {
  const { played, recorded, unplayed, divergence, recordedAnswer } = report
  const isSameAnswer = recordedAnswer === null ? null : recordedAnswer === outcome.text
  const isSameEnd = recordedStatus === undefined || recordedStatus === outcome.status
  return {
    isSame: divergence === null && unplayed.length === 0 && isSameAnswer !== false && isSameEnd,
    played,
    recorded,
    unplayed,
    isSameAnswer,
    status: outcome.status,
    recordedStatus: recordedStatus ?? null,
  }
}

export function renderVerdict(verdict: ReplayVerdict, style: Style): string {
  const { isSame, played, recorded, isSameAnswer, status, recordedStatus } = verdict
  const words = [
    `${played} of ${recorded} requests played`,
    ...(isSameAnswer === null ? [] : [isSameAnswer ? 'the same answer' : 'another answer']),
    ...(recordedStatus === null || recordedStatus === status ? [] : [`${status}, recorded ${recordedStatus}`]),
  ]
  const line = words.join(' · ')
  return isSame ? style.green(`✓ replayed: ${line}`) : style.red(`✗ not the recorded run: ${line}`)
}

/** The last line of `perdure replay --json`. */
export const verdictRecord = (verdict: ReplayVerdict): Readonly<Record<string, unknown>> => ({
  type: 'perdure.replay',
  is_same: verdict.isSame,
  played: verdict.played,
  recorded: verdict.recorded,
  unplayed: verdict.unplayed,
  is_same_answer: verdict.isSameAnswer,
  status: verdict.status,
  recorded_status: verdict.recordedStatus,
})
