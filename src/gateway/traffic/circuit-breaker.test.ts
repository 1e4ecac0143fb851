import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.ts'

const options = { failuresToOpen: 3, openMs: 1_000, maxOpenMs: 4_000 }
const ask = { kind: 'ask' } as const
const probe = { kind: 'probe' } as const

/** Open since time 0. */
function opened(): CircuitBreaker {
  const circuit = new CircuitBreaker(options)
  for (let count = 0; count < options.failuresToOpen; count += 1) circuit.failed(circuit.advice(0), 0)
  return circuit
}

test('it opens after that many failures in a row', () => {
  const circuit = new CircuitBreaker(options)
  circuit.failed(ask, 0)
  circuit.failed(ask, 0)
  circuit.succeeded()
  circuit.failed(ask, 0)
  circuit.failed(ask, 0)
  expect(circuit.advice(0)).toEqual(ask)
  circuit.failed(ask, 0)
  expect(circuit.advice(400)).toEqual({ kind: 'refuse', retryInMs: 600 })
})

test('then one request finds out for all; its success closes', () => {
  const circuit = opened()
  expect(circuit.advice(1_000)).toEqual(probe)
  expect(circuit.advice(1_000).kind).toBe('refuse')
  circuit.succeeded()
  expect(circuit.advice(1_000)).toEqual(ask)
  expect(circuit.isQuiet).toBe(true)
})

test('each failed probe doubles the wait, up to a bound', () => {
  const circuit = opened()
  let nowMs = 1_000
  for (const waitMs of [2_000, 4_000, 4_000]) {
    circuit.failed(circuit.advice(nowMs), nowMs)
    expect(circuit.advice(nowMs)).toEqual({ kind: 'refuse', retryInMs: waitMs })
    nowMs += waitMs
  }
})

test('a probe that tells nothing leaves the place to the next', () => {
  const circuit = opened()
  circuit.unknown(circuit.advice(1_000))
  expect(circuit.advice(1_000)).toEqual(probe)
})

test('failures of requests from before it opened keep it open no longer', () => {
  const circuit = opened()
  circuit.failed(ask, 900)
  expect(circuit.advice(1_000)).toEqual(probe)
})

test('whatever happens: never two probes at once, and always one within the longest wait', () => {
  const step = fc.record({ waitMs: fc.nat(3_000), end: fc.constantFrom('succeeded', 'failed', 'unknown', 'pending') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const circuit = new CircuitBreaker(options)
      let nowMs = 0
      let isProbing = false
      for (const { waitMs, end } of steps) {
        nowMs += waitMs
        const advice = circuit.advice(nowMs)
        if (advice.kind === 'refuse') {
          expect(advice.retryInMs).toBeLessThanOrEqual(options.maxOpenMs)
          continue
        }
        expect(isProbing && advice.kind === 'probe').toBe(false)
        isProbing ||= advice.kind === 'probe'
        if (end === 'pending') continue
        if (end === 'succeeded') circuit.succeeded()
        if (end === 'failed') circuit.failed(advice, nowMs)
        if (end === 'unknown') circuit.unknown(advice)
        if (advice.kind === 'probe' || end === 'succeeded') isProbing = false
      }
    }),
  )
})
