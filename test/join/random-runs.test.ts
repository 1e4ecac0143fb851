import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JoinOutput } from '../../src/runtime/join/join-output.ts'
import { joinRun, randomLag } from './joined-run.ts'
import { joinViolations, losses } from './join-violations.ts'
import { playRunPlan } from './play-run-plan.ts'
import { runPlan } from './run-plan.ts'

const lags = [
  { gatewayMs: 0, agentMs: 0 },
  { gatewayMs: 100, agentMs: 0 },
  { gatewayMs: 0, agentMs: 100 },
  { gatewayMs: 200, agentMs: 200 },
]

describe('the join of random runs', () => {
  it.each(lags)('keeps every promise with the gateway late by ≤ $gatewayMs ms, the agent by ≤ $agentMs ms', (lag) => {
    fc.assert(
      fc.property(runPlan, fc.nat(), (plan, seed) => {
        const inputs = playRunPlan(plan)
        const { outputs } = joinRun(inputs, { lag: randomLag(seed, lag) })
        expect(joinViolations(inputs, outputs)).toEqual([])
      }),
      { numRuns: 250 },
    )
  })

  it('loses nothing and leaves nothing open when the agent dies at any point', () => {
    fc.assert(
      fc.property(runPlan, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (plan, part, seed) => {
        const whole = playRunPlan(plan)
        const inputs = whole.slice(0, Math.ceil(whole.length * part))
        const { outputs } = joinRun(inputs, { endsAbruptly: true, lag: randomLag(seed, { gatewayMs: 0, agentMs: 20 }) })
        expect(losses(joinViolations(inputs, outputs))).toEqual([])
        expect(runningThreads(outputs)).toEqual([])
      }),
      { numRuns: 250 },
    )
  })

  it('loses and doubles nothing when no wait is long enough', () => {
    fc.assert(
      fc.property(runPlan, fc.nat(), (plan, seed) => {
        const inputs = playRunPlan(plan)
        const { outputs } = joinRun(inputs, { timeoutMs: 5, lag: randomLag(seed, { gatewayMs: 50, agentMs: 50 }) })
        expect(losses(joinViolations(inputs, outputs))).toEqual([])
      }),
      { numRuns: 250 },
    )
  })
})

function runningThreads(outputs: readonly JoinOutput[]): string[] {
  const running = new Set<string>()
  for (const output of outputs) {
    if (output.kind !== 'event') continue
    const { event } = output
    if (event.type === 'session.thread_status_running') running.add(event.session_thread_id)
    if (event.type === 'session.thread_status_idle') running.delete(event.session_thread_id)
  }
  return [...running]
}
