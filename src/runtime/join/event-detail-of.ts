import type { EventDetail } from '../../domain/event-detail.ts'

type Loose = { [Key in keyof EventDetail]?: EventDetail[Key] | undefined }

/** The facts that are there, as `perdure` detail; what is undefined is left out. */
export function eventDetailOf(facts: Loose): { perdure: EventDetail } {
  const present = Object.entries(facts).filter(([, value]) => value !== undefined)
  return { perdure: Object.fromEntries(present) }
}
