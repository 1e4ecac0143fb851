import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyLog } from '../../test/support/arbitrary-events.ts'
import { fold } from '../domain/step.ts'
import { looseEnds } from './loose-ends.ts'

describe('looseEnds', () => {
  it('closes whatever any log left open, except what waits for a person', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const state = fold(log)
        const drafts = looseEnds(state, new Date(0))
        const tied = fold(
          drafts.map((draft, index) => ({ ...draft, sequence: log.length + index + 1 })),
          state,
        )
        expect(tied.openSpans).toEqual({})
        expect(Object.keys(tied.openTools).every((id) => state.awaitingApproval.includes(id))).toBe(true)
        expect(tied.awaitingApproval).toEqual(state.awaitingApproval)
        expect(Object.values(tied.threads).filter((thread) => thread.status === 'running')).toEqual([])
        expect(looseEnds(tied, new Date(0))).toEqual([])
      }),
    )
  })

  it('is nothing for a session that ended well', () => {
    expect(looseEnds(fold([]), new Date(0))).toEqual([])
  })
})
