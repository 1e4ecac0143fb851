import { isRewind, visibleBranch } from './branches.ts'
import type { LoggedEvent } from './session-event.ts'

/**
 * The event before the turns that came last on the branch that a session follows; null when there are not so many. A turn
 * begins with what was said to an idle agent.
 */
export function turnsBack(events: readonly LoggedEvent[], count: number): number | null {
  const beginnings: number[] = []
  let isUnderWay = false
  let before = 0
  for (const event of visibleBranch(events)) {
    if (event.type === 'user.message' && !isUnderWay) {
      beginnings.push(before)
      isUnderWay = true
    }
    if (event.type === 'perdure.turn_ended' || event.type === 'perdure.run_ended' || isRewind(event)) isUnderWay = false
    before = event.sequence
  }
  return beginnings.at(-count) ?? null
}
