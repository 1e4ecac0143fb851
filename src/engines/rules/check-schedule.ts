import { PerdureError } from '../../errors/perdure-error.ts'
import type { RunSchedule } from '../../ports/run-engine.ts'
import { checkName } from './check-submission.ts'
import { nextTime, scheduledRunId } from './schedule-times.ts'

/**
 * The first time of a schedule. One whose runs no engine could keep would stand in the way of all others, at each tick.
 * @throws {PerdureError} `invalid_request`, also for one that never has a time.
 */
export function checkSchedule(schedule: RunSchedule): Date {
  const { tenant, name, kind, cron } = schedule
  for (const [what, value] of Object.entries({ tenant, name, kind })) checkName(what, value)
  const first = nextTime(cron, new Date())
  if (first === null) throw new PerdureError('invalid_request', `This cron expression names no time to come: ${cron}`)
  checkName('the id of its runs, <tenant>/<name>@<time>,', scheduledRunId(schedule, first))
  return first
}
