import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyLog } from '../../test/support/arbitrary-events.ts'
import { branchesOf, eventsUpTo, isRewind, visibleBranch } from './branches.ts'
import type { LoggedEvent } from './session-event.ts'

/** The same by another way: each event says where the one before it is. */
function sequencesUpTo(events: readonly LoggedEvent[], sequence: number): number[] {
  const before = (at: number): number => {
    const event = events[at - 1]!
    return isRewind(event) ? event.to_sequence : at - 1
  }
  const found: number[] = []
  for (let at = sequence; at > 0; at = before(at)) found.unshift(at)
  return found
}

it('finds the events that lead to each one', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      for (let sequence = 0; sequence <= log.length; sequence++) {
        const path = eventsUpTo(log, sequence).map((event) => event.sequence)
        expect(path).toEqual(sequencesUpTo(log, sequence))
      }
      expect(visibleBranch(log)).toEqual(eventsUpTo(log, log.length))
    }),
  )
})

it('puts each event on one branch, and knows how far the session still follows it', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const branches = branchesOf(log)
      const onBranches = branches.flatMap(({ first, last }) => log.slice(first - 1, last))
      expect(onBranches).toEqual(log)
      const followed = branches.flatMap(({ first, followedTo }) => log.slice(first - 1, followedTo ?? first - 1))
      expect(followed).toEqual(visibleBranch(log))
      for (const [index, { from, parent }] of branches.entries()) {
        if (parent === null) continue
        expect(parent).toBeLessThan(index)
        if (from !== 0) expect(branches[parent]).toMatchObject({ first: expect.toSatisfy((first) => first <= from!) })
      }
    }),
  )
})

it('takes a log without a rewind for one branch', () => {
  fc.assert(
    fc.property(anyLog, (log) => {
      const plain = log.filter((event) => !isRewind(event)).map((event, index) => ({ ...event, sequence: index + 1 }))
      expect(visibleBranch(plain)).toEqual(plain)
      const whole = { first: 1, last: plain.length, from: null, parent: null, followedTo: plain.length }
      expect(branchesOf(plain)).toEqual(plain.length === 0 ? [] : [whole])
    }),
  )
})
