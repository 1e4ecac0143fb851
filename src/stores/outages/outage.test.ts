import { describe, expect, it } from 'vitest'
import { Outage } from './outage.ts'

/** Calls to a storage that is away, with a clock that goes on by 100 ms with each try. */
class AwayStorage {
  now = 0
  readonly outage: Outage

  constructor(timeoutMs: number) {
    this.outage = new Outage({ timeoutMs, now: () => this.now })
  }

  /** How long a call tries before it gives up. */
  call(): number {
    const begunAt = this.now
    const patience = this.outage.begin()
    while (patience.mayTryAgain()) this.now += 100
    return this.now - begunAt
  }
}

describe('an outage', () => {
  it('is waited for once, whatever the number of calls; each later one has a second', () => {
    const storage = new AwayStorage(30_000)
    expect(storage.call()).toBe(30_100)
    expect([storage.call(), storage.call(), storage.call()]).toEqual([1_100, 1_100, 1_100])
  })

  it('ends for all calls that wait for it at the same time', () => {
    const storage = new AwayStorage(5_000)
    const first = storage.outage.begin()
    expect(first.mayTryAgain()).toBe(true)
    storage.now = 4_000
    const second = storage.outage.begin()
    expect(second.mayTryAgain()).toBe(true)
    storage.now = 5_001
    expect([first.mayTryAgain(), second.mayTryAgain()]).toEqual([false, false])
  })

  it('is over with the first answer, and the next is waited for anew', () => {
    const storage = new AwayStorage(5_000)
    storage.call()
    storage.outage.begin().answered()
    expect(storage.call()).toBe(5_100)
  })

  it('does not keep a call for ever that alone is not answered', () => {
    const storage = new AwayStorage(5_000)
    const unlucky = storage.outage.begin()
    while (unlucky.mayTryAgain()) {
      storage.outage.begin().answered()
      storage.now += 100
    }
    expect(storage.now).toBe(5_100)
  })

  it('is another one after a long time in which nobody asked', () => {
    const storage = new AwayStorage(5_000)
    storage.call()
    storage.now += 3_600_000
    expect(storage.call()).toBe(5_100)
  })

  it('is not waited for longer than it may last', () => {
    const storage = new AwayStorage(200)
    expect([storage.call(), storage.call()]).toEqual([300, 300])
  })
})
