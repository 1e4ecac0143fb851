import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const anyone = (): boolean => true

/** Everything in the order in which it is served. */
function drain<Item>(queue: FairQueue<Item>): Item[] {
  const served: Item[] = []
  for (let item = queue.takeFirst(anyone); item !== undefined; item = queue.takeFirst(anyone)) served.push(item)
  return served
}

interface Visitor {
  readonly tenant: string
  readonly place: number
}

const visitors = fc
  .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 })
  .map((tenants) => tenants.map((tenant, place): Visitor => ({ tenant, place })))

const filled = (all: readonly Visitor[]): FairQueue<Visitor> => {
  const queue = new FairQueue<Visitor>()
  for (const visitor of all) queue.add(visitor.tenant, visitor)
  return queue
}

test('everyone is served once, and within a tenant the first come first', () => {
  fc.assert(
    fc.property(visitors, (all) => {
      const served = drain(filled(all))
      expect(served.toSorted((one, other) => one.place - other.place)).toEqual(all)
      for (const name of ['a', 'b', 'c']) {
        const places = served.filter(({ tenant }) => tenant === name).map(({ place }) => place)
        expect(places).toEqual(places.toSorted((one, other) => one - other))
      }
    }),
  )
})

test('between two turns of a tenant that waits, every other that waits has exactly one', () => {
  fc.assert(
    fc.property(visitors, (all) => {
      const left = Map.groupBy(all, ({ tenant }) => tenant)
      const counts = new Map([...left].map(([tenant, waiting]) => [tenant, waiting.length]))
      const turns = new Map<string, number>()
      for (const { tenant } of drain(filled(all))) {
        turns.set(tenant, (turns.get(tenant) ?? 0) + 1)
        for (const [other, count] of counts) {
          const hisTurns = turns.get(other) ?? 0
          // Who still waits is at most one turn behind.
          if (hisTurns < count) expect(turns.get(tenant)! - hisTurns).toBeLessThanOrEqual(1)
        }
      }
    }),
  )
})

test('who may not go is passed over and keeps his place', () => {
  const queue = filled([
    { tenant: 'a', place: 0 },
    { tenant: 'a', place: 1 },
    { tenant: 'b', place: 2 },
  ])
  expect(queue.takeFirst(({ place }) => place !== 0)?.place).toBe(1)
  expect(queue.size).toBe(2)
  expect(drain(queue).map(({ place }) => place)).toEqual([2, 0])
})

test('who waits no longer is taken out', () => {
  const [first, second] = [
    { tenant: 'a', place: 0 },
    { tenant: 'a', place: 1 },
  ]
  const queue = filled([first, second])
  expect(queue.remove('a', first)).toBe(true)
  expect(queue.remove('a', first)).toBe(false)
  expect(drain(queue)).toEqual([second])
  expect(queue.size).toBe(0)
})
