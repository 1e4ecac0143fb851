import type { Json, RunSchedule } from '../../ports/run-engine.ts'

/** A schedule as both engines keep it: with its input as JSON. */
export type ScheduleRow = Omit<RunSchedule, 'input'> & { readonly input: string }

export const scheduleOf = ({ tenant, name, cron, kind, input }: ScheduleRow): RunSchedule => ({
  tenant,
  name,
  cron,
  kind,
  input: JSON.parse(input) as Json,
})
