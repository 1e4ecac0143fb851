import { Cron } from 'croner'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { RunSchedule } from '../../ports/run-engine.ts'

/** Times of cron are whole seconds. */
const shortestMs = 1_000

/** The first time of a cron expression after `after`, in UTC; null when there is none any more. @throws {PerdureError} `invalid_request`. */
export function nextTime(cron: string, after: Date): Date | null {
  try {
    return new Cron(cron, { timezone: 'UTC', paused: true }).nextRun(after)
  } catch (error) {
    throw new PerdureError('invalid_request', `This is no cron expression: ${cron}`, {
      hint: 'Five fields, or six with seconds first: "0 9 * * MON" is each Monday at 9:00 UTC.',
      cause: error,
    })
  }
}

/**
 * The last time that is not after `now`, of those from `due` on: what was missed before it is not made up for. Halves the
 * time that is left, because a schedule of each second misses millions in a month.
 */
export function lastDueTime(cron: string, { due, now }: { due: Date; now: Date }): Date {
  let last = due
  let noneAfterMs = now.getTime()
  while (noneAfterMs - last.getTime() >= shortestMs) {
    const middleMs = last.getTime() + Math.floor((noneAfterMs - last.getTime()) / 2)
    const next = nextTime(cron, new Date(middleMs))
    if (next !== null && next <= now) last = next
    else noneAfterMs = middleMs
  }
  return last
}

/** Each time of a schedule has a run of its own, however many nodes submit it. */
export const scheduledRunId = ({ tenant, name }: Pick<RunSchedule, 'tenant' | 'name'>, time: Date): string =>
  `${tenant}/${name}@${time.toISOString()}`
