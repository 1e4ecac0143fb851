import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ObjectBucket } from '../../src/ports/object-bucket.ts'
import { VersionedDocument } from '../../src/stores/objects/versioned-document.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'
import { UnreliableBucket } from './unreliable-bucket.ts'

/** What one process asks of the document, and when it forgets all that it knew: it was killed, and another came. */
interface Step {
  readonly process: number
  readonly isKilled: boolean
  /** Changes that are asked for at once. */
  readonly changes: number
}

const processes = 3
const steps = fc.array(
  fc.record({
    process: fc.nat(processes - 1),
    isKilled: fc.boolean(),
    changes: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
)
/** What becomes of an operation: it is done, fails before or after it was done, or says false of what it has done itself. */
const fates = fc.array(fc.constantFrom('done', 'done', 'done', 'done', 'fails', 'fails late', 'repeated'), {
  maxLength: 80,
})

interface Numbers {
  readonly numbers: readonly number[]
}

class Killed extends Error {}

it('loses and doubles no acknowledged change, however processes interleave, fail and die', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, fates, async (scheduler, plan, fate) => {
      const trial = new Trial(scheduler, fate)
      const running = plan.map((step) => trial.take(step))
      await scheduler.waitFor(Promise.all(running))
      await trial.check()
    }),
    { numRuns: 400 },
  )
})

class Trial {
  readonly #memory = new MemoryObjectBucket()
  readonly #scheduler: fc.Scheduler
  readonly #fates: readonly string[]
  readonly #documents: { document: VersionedDocument<Numbers>; life: { isOver: boolean } }[]
  readonly #acknowledged: number[] = []
  readonly #seen: (readonly number[])[] = []
  #operations = 0
  #next = 0

  constructor(scheduler: fc.Scheduler, fates: readonly string[]) {
    this.#scheduler = scheduler
    this.#fates = fates
    this.#documents = Array.from({ length: processes }, () => this.#begin())
  }

  async take({ process, isKilled, changes }: Step): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), 'step')
    if (isKilled) {
      this.#documents[process]!.life.isOver = true
      this.#documents[process] = this.#begin()
    }
    const { document, life } = this.#documents[process]!
    await Promise.all(Array.from({ length: changes }, () => this.#add(document, life)))
    const state = await document.read().catch(() => null)
    if (state && !life.isOver) this.#seen.push(state.numbers)
  }

  async check(): Promise<void> {
    const { numbers } = await new VersionedDocument<Numbers>({
      bucket: this.#memory,
      key: 'd',
      empty: { numbers: [] },
    }).read()
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(this.#acknowledged.filter((number) => !numbers.includes(number))).toEqual([])
    // Whoever read saw a beginning of what it has become: nothing that was seen went away or changed its place.
    for (const seen of this.#seen) expect(numbers.slice(0, seen.length)).toEqual(seen)
  }

  async #add(document: VersionedDocument<Numbers>, life: { isOver: boolean }): Promise<void> {
    const number = this.#next++
    const place = await document
      .change(({ numbers }) => ({ state: { numbers: [...numbers, number] }, result: numbers.length }))
      .catch(() => null)
    if (place === null || life.isOver) return
    this.#acknowledged.push(number)
  }

  #begin() {
    const life = { isOver: false }
    const bucket = new UnreliableBucket({
      memory: this.#memory,
      fate: async () => {
        const fate = this.#fates[this.#operations++] ?? 'done'
        await this.#scheduler.schedule(Promise.resolve(), 'operation')
        if (life.isOver) throw new Killed()
        return fate
      },
    })
    const options = { bucket, key: 'd', empty: { numbers: [] } }
    return { life, document: new VersionedDocument<Numbers>(options) }
  }
}

/** Two processes on one document; the first stands still in its next write for as long as it is told. */
function twoWriters() {
  const memory = new MemoryObjectBucket()
  const options = { key: 'd', empty: { numbers: [] } }
  const pause = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let isHeld = false
  const held = new MemoryBucketView(memory, async () => {
    if (!isHeld) return
    isHeld = false
    reached.resolve()
    await pause.promise
  })
  const slow = new VersionedDocument<Numbers>({ ...options, bucket: held })
  const fast = new VersionedDocument<Numbers>({ ...options, bucket: memory })
  const holdNextWrite = (): Promise<void> => {
    isHeld = true
    return reached.promise
  }
  return { slow, fast, holdNextWrite, goOn: pause.resolve }
}

class MemoryBucketView extends UnreliableBucket {
  constructor(memory: ObjectBucket, beforeCreate: () => Promise<void>) {
    super({ memory, fate: async () => 'done' })
    const { create } = this
    this.create = async (key, bytes) => {
      await beforeCreate()
      return create(key, bytes)
    }
  }
}

const add = (document: VersionedDocument<Numbers>, number: number): Promise<number> =>
  document.change(({ numbers }) => ({ state: { numbers: [...numbers, number] }, result: numbers.length }))

it('does not take a write for done that fell into a gap where versions are forgotten', async () => {
  const { slow, fast, holdNextWrite, goOn } = twoWriters()
  await add(slow, 0)
  const stopped = holdNextWrite()
  const late = add(slow, 1)
  await stopped
  for (let number = 2; number < 60; number++) await add(fast, number)
  await fast.settled()
  goOn()
  expect(await late).toBe(59)
  expect((await fast.read()).numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index))
})

it('says so when nobody can tell any more whether a write counts', async () => {
  const { slow, fast, holdNextWrite, goOn } = twoWriters()
  await add(slow, 0)
  const stopped = holdNextWrite()
  const late = add(slow, 1)
  await stopped
  for (let number = 2; number < 600; number++) await add(fast, number)
  await fast.settled()
  goOn()
  await expect(late).rejects.toMatchObject({ code: 'storage_failed' })
  expect((await slow.read()).numbers).toHaveLength(599)
  expect(await add(slow, 600)).toBe(599)
})

it('answers a refusal only from the newest state', async () => {
  const { slow, fast } = twoWriters()
  await add(slow, 0)
  await add(fast, 1)
  const seen = await slow.change((state) => ({ state, result: state.numbers }))
  expect(seen).toEqual([0, 1])
})

it('writes what is asked for at the same time as one version, and keeps few', async () => {
  const memory = new MemoryObjectBucket()
  const document = new VersionedDocument<Numbers>({ bucket: memory, key: 'd', empty: { numbers: [] } })
  await Promise.all(Array.from({ length: 50 }, (_, number) => add(document, number)))
  expect(await memory.list('d/')).toHaveLength(1)
  for (let number = 50; number < 150; number++) await add(document, number)
  await document.settled()
  expect((await memory.list('d/')).length).toBeLessThanOrEqual(13)
  expect((await document.read()).numbers).toEqual(Array.from({ length: 150 }, (_, number) => number))
})
