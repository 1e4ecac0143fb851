import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { UpstreamNotice } from '../../ports/upstream-notice.ts'
import { TrafficControl, type Admission, type TrafficControlOptions } from './traffic-control.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Visit {
  readonly tenant: string
  admission: Admission | null
  isTurnedAway: boolean
  failure: unknown
  readonly abort: () => void
  readonly notices: UpstreamNotice[]
}

/** A control, and those who came, in the order in which they were admitted. */
function createScene(options: TrafficControlOptions = {}) {
  const control = new TrafficControl({ ...options, clock: { monotonicMs: () => Date.now() } })
  const admitted: Visit[] = []
  const come = async (tenant = 'a', { model = 'm', inputTokens = 10 } = {}): Promise<Visit> => {
    const hangUp = new AbortController()
    const notices: UpstreamNotice[] = []
    const visit: Visit = {
      tenant,
      admission: null,
      isTurnedAway: false,
      failure: null,
      abort: () => hangUp.abort(),
      notices,
    }
    control
      .admit({ tenant, model, inputTokens, signal: hangUp.signal, notify: (notice) => void notices.push(notice) })
      .then(
        (admission) => {
          visit.admission = admission
          visit.isTurnedAway = admission === null
          if (admission !== null) admitted.push(visit)
        },
        (error: unknown) => (visit.failure = error),
      )
    await settle()
    return visit
  }
  return { control, admitted, come }
}

const settle = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(0))

describe('without limits', () => {
  test('everyone is admitted at once', async () => {
    const { admitted, come, control } = createScene()
    for (let count = 0; count < 20; count += 1) await come()
    expect(admitted).toHaveLength(20)
    expect(control.snapshot()).toEqual({ inFlight: 20, waiting: 0, models: {} })
  })
})

describe('when the service throttles', () => {
  test('all who ask that model wait until the gate opens, and then go in a halved window that grows again', async () => {
    const { control, admitted, come } = createScene()
    for (let count = 0; count < 8; count += 1) await come()
    control.close('m', 5_000)
    for (const { admission } of admitted.splice(0)) {
      admission!.note('throttled')
      admission!.end()
    }
    for (let count = 0; count < 8; count += 1) await come()
    await vi.advanceTimersByTimeAsync(4_990)
    expect(admitted).toHaveLength(0)
    expect(control.snapshot()).toMatchObject({ waiting: 8, models: { m: { window: 4, closedForMs: 10 } } })
    await vi.advanceTimersByTimeAsync(10)
    expect(admitted).toHaveLength(4)
    for (const { admission } of admitted.slice()) admission!.note('served')
    await settle()
    // Four were served: there is room for about one more, beside those that are still under way.
    expect(admitted.length).toBeGreaterThanOrEqual(4)
    for (const { admission } of admitted.slice()) admission!.end()
    await settle()
    expect(admitted.length).toBe(8)
  })

  test('who would have to wait for longer than five minutes is turned away, also who waits already', async () => {
    const { control, come } = createScene()
    control.close('m', 60_000)
    const waiting = await come()
    const other = await come('a', { model: 'other' })
    control.close('m', 3_600_000 * 24 * 40)
    await settle()
    expect([waiting.isTurnedAway, (await come()).isTurnedAway, other.isTurnedAway]).toEqual([true, true, false])
    expect(control.snapshot().waiting).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('another model is asked on', async () => {
    const { control, come } = createScene()
    control.close('m', 5_000)
    expect((await come('a', { model: 'm' })).admission).toBeNull()
    expect((await come('a', { model: 'other' })).admission).not.toBeNull()
  })

  test('who waits says so at once and every second', async () => {
    const { control, come } = createScene()
    control.close('m', 2_500)
    const { notices } = await come()
    await vi.advanceTimersByTimeAsync(2_400)
    expect(notices).toEqual([
      { type: 'waiting', reason: 'rate_limit', delayMs: 2_500 },
      { type: 'waiting', reason: 'rate_limit', delayMs: 1_500 },
      { type: 'waiting', reason: 'rate_limit', delayMs: 500 },
    ])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(notices).toHaveLength(3)
  })
})

describe('limits', () => {
  test('concurrency: a place is given on when an answer has ended', async () => {
    const { admitted, come } = createScene({ limits: { concurrency: 2 } })
    const visits = [await come(), await come(), await come()]
    expect(admitted).toHaveLength(2)
    expect(visits[2]!.notices).toEqual([{ type: 'waiting', reason: 'concurrency', delayMs: null }])
    visits[0]!.admission!.end()
    await settle()
    expect(admitted).toHaveLength(3)
  })

  test('requests per minute', async () => {
    const { admitted, come } = createScene({ limits: { requestsPerMinute: 3 } })
    for (let count = 0; count < 5; count += 1) await come()
    expect(admitted).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(admitted).toHaveLength(4)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(admitted).toHaveLength(5)
  })

  test('input tokens: what a request really used takes the place of the estimate', async () => {
    const { admitted, come } = createScene({ limits: { inputTokensPerMinute: 1_000 } })
    const first = await come('a', { inputTokens: 900 })
    expect((await come('a', { inputTokens: 900 })).admission).toBeNull()
    first.admission!.end({ inputTokens: 50, outputTokens: 1 })
    await settle()
    expect(admitted).toHaveLength(2)
  })

  test('output tokens: an answer that overdraws them makes the next one wait', async () => {
    const { come } = createScene({ limits: { outputTokensPerMinute: 600 } })
    const first = await come()
    first.admission!.end({ inputTokens: 1, outputTokens: 1_200 })
    const second = await come()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(second.admission).toBeNull()
    await vi.advanceTimersByTimeAsync(200)
    expect(second.admission).not.toBeNull()
  })

  test('a tenant that has used up its own leaves the way free to others', async () => {
    const { come } = createScene({ tenantLimits: { concurrency: 1 } })
    expect((await come('a')).admission).not.toBeNull()
    expect((await come('a')).admission).toBeNull()
    expect((await come('b')).admission).not.toBeNull()
  })
})

test('who hangs up while waiting loses the place, and nobody else does', async () => {
  const { control, admitted, come } = createScene({ limits: { concurrency: 1 } })
  const visits = [await come(), await come(), await come()]
  visits[1]!.abort()
  await settle()
  expect(visits[1]!.failure).toMatchObject({ name: 'AbortError' })
  visits[0]!.admission!.end()
  await settle()
  expect(admitted).toEqual([visits[0], visits[2]])
  expect(control.snapshot()).toMatchObject({ inFlight: 1, waiting: 0 })
})

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('come' as const), tenant: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), index: fc.nat(20) }) },
  fc.record({ do: fc.constant('throttle' as const), index: fc.nat(20), forMs: fc.nat(5_000) }),
  fc.record({ do: fc.constant('hang up' as const), index: fc.nat(20) }),
  fc.record({ do: fc.constant('wait' as const), forMs: fc.nat(3_000) }),
)

test('whatever happens, limits hold, nobody goes through a closed gate, and nobody is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const { control, admitted, come } = createScene({ limits: { concurrency: 4 }, tenantLimits: { concurrency: 2 } })
      const visits: Visit[] = []
      const open: Visit[] = []
      const leave = (visit: Visit): void => {
        open.splice(open.indexOf(visit), 1)
        visit.admission!.end()
      }
      for (const step of actions) {
        const before = admitted.length
        const wasClosed = control.closedForMs('m') > 0
        if (step.do === 'come') visits.push(await come(step.tenant))
        const one = 'index' in step ? open[step.index % Math.max(1, open.length)] : undefined
        if (step.do === 'end' && one) {
          one.admission!.note('served')
          leave(one)
        }
        if (step.do === 'throttle' && one) {
          control.close('m', step.forMs)
          one.admission!.note('throttled')
          leave(one)
        }
        if (step.do === 'hang up') visits[step.index]?.abort()
        if (step.do === 'wait') await vi.advanceTimersByTimeAsync(step.forMs)
        await settle()
        open.push(...admitted.slice(before))
        if (wasClosed && step.do !== 'wait') expect(admitted.length).toBe(before)
        expect(open.length).toBe(control.snapshot().inFlight)
        expect(open.length).toBeLessThanOrEqual(4)
        for (const tenant of ['a', 'b', 'c']) {
          expect(open.filter((visit) => visit.tenant === tenant).length).toBeLessThanOrEqual(2)
        }
      }
      // In the end the gate opens, and everyone who still waits gets through.
      for (let round = 0; round < 200 && (open.length > 0 || control.snapshot().waiting > 0); round += 1) {
        const before = admitted.length
        open.splice(0).forEach(({ admission }) => admission!.end())
        await vi.advanceTimersByTimeAsync(5_000)
        open.push(...admitted.slice(before))
      }
      expect(visits.filter(({ admission, failure }) => admission === null && failure === null)).toEqual([])
      expect(control.snapshot()).toMatchObject({ inFlight: 0, waiting: 0 })
    }),
    { numRuns: 60 },
  )
})
