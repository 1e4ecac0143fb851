import { PerdureError } from '../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../ports/lease.ts'

export const sessionNotFound = (sessionId: string): PerdureError =>
  new PerdureError('session_not_found', `there is no session ${sessionId}`, { details: { session_id: sessionId } })

export const sessionExists = (sessionId: string): PerdureError =>
  new PerdureError('session_exists', `there is already a session ${sessionId}`, { details: { session_id: sessionId } })

/** @param name The session, or the conversation, that was written to. */
export const leaseLost = (name: string, fences: { fence: number; highestFence: number }): PerdureError =>
  new PerdureError(
    'lease_lost',
    `${name} was taken over by another driver: fence ${fences.fence} is behind ${fences.highestFence}`,
    { details: { fence: fences.fence, highest_fence: fences.highestFence } },
  )

export const leaseHeld = (
  sessionId: string,
  { owner, fence, remainingMs }: { owner: LeaseOwner; fence: number; remainingMs: number },
): PerdureError =>
  new PerdureError('lease_held', `session ${sessionId} is driven by process ${owner.processId} on ${owner.host}`, {
    details: { session_id: sessionId, owner, fence, remaining_ms: remainingMs },
  })
