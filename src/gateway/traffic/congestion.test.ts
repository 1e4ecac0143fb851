import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Congestion, type CongestionTicket } from './congestion.ts'

const begun = (congestion: Congestion, count: number): CongestionTicket[] =>
  Array.from({ length: count }, () => congestion.begin())

test('a wave that is throttled together halves the window once', () => {
  const congestion = new Congestion()
  for (const ticket of begun(congestion, 8)) congestion.note(ticket, 'throttled')
  expect(congestion.window).toBe(4)
})

test('a round that is served adds one', () => {
  const congestion = new Congestion()
  const [first] = begun(congestion, 8)
  congestion.note(first!, 'throttled')
  for (const ticket of begun(congestion, 4)) congestion.note(ticket, 'served')
  expect(Math.floor(congestion.window)).toBe(4)
  for (const ticket of begun(congestion, 1)) congestion.note(ticket, 'served')
  expect(Math.floor(congestion.window)).toBe(5)
})

test('no gate is closed for years', () => {
  const congestion = new Congestion()
  congestion.close(1e15, 0)
  expect(congestion.closedForMs(3_599_000)).toBe(1_000)
  expect(congestion.closedForMs(3_600_000)).toBe(0)
})

test('a gate that is closed for longer stays closed', () => {
  const congestion = new Congestion()
  congestion.close(30_000, 0)
  congestion.close(1_000, 10_000)
  expect(congestion.closedForMs(10_000)).toBe(20_000)
  expect(congestion.closedForMs(30_000)).toBe(0)
})

test('whatever happens, one may always be under way, and throttling never widens', () => {
  const sign = fc.constantFrom('served' as const, 'throttled' as const, 'unknown' as const)
  fc.assert(
    fc.property(fc.array(fc.tuple(sign, fc.boolean()), { maxLength: 80 }), (steps) => {
      const congestion = new Congestion()
      const underWay: CongestionTicket[] = []
      for (const [heard, endsFirst] of steps) {
        if (congestion.hasRoom()) underWay.push(congestion.begin())
        const before = congestion.window
        const ticket = underWay[0]!
        congestion.note(ticket, heard)
        if (heard === 'throttled') expect(congestion.window).toBeLessThanOrEqual(before)
        if (heard === 'unknown') expect(congestion.window).toBe(before)
        if (endsFirst) {
          underWay.shift()
          congestion.end()
        }
        if (underWay.length === 0) expect(congestion.hasRoom()).toBe(true)
        expect(congestion.window).toBeGreaterThanOrEqual(1)
        expect(congestion.inFlight).toBe(underWay.length)
        if (underWay.length === 0) underWay.push(congestion.begin())
      }
    }),
  )
})
