import { defaultPriority } from '../../ports/run-engine.ts'
import { checkSubmission } from '../rules/check-submission.ts'
import { lastDueTime, nextTime, scheduledRunId } from '../rules/schedule-times.ts'
import type { RunRows } from './run-rows.ts'
import type { ScheduleRows } from './schedule-rows.ts'

/** Submits what schedules have due. A death in between submits the same again, and that runs once. */
export async function fireSchedules(
  schedules: ScheduleRows,
  { runs, now }: { runs: RunRows; now: Date },
): Promise<void> {
  for (const { schedule, at } of await schedules.due(now.getTime())) {
    const time = lastDueTime(schedule.cron, { due: at, now })
    const options = { id: scheduledRunId(schedule, time), tenant: schedule.tenant, priority: defaultPriority }
    await runs.add(checkSubmission(schedule.kind, schedule.input, options))
    await schedules.moveOn(schedule, { from: at, to: nextTime(schedule.cron, time) })
  }
}
