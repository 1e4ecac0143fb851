import { describe, expect, test } from 'vitest'
import { errorCodes, isErrorCode } from './codes.ts'

describe.each(Object.entries(errorCodes))('%s', (code, entry) => {
  test('is a snake_case word', () => expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/))
  test('says in one sentence what to do', () => expect(entry.hint).toMatch(/^[A-Z`].{10,}\.$/))
  test('has a status of a failure', () => {
    expect(entry.httpStatus).toBeGreaterThanOrEqual(400)
    expect(entry.httpStatus).toBeLessThanOrEqual(599)
  })
  test('has an exit code that the CLI documents', () => expect([1, 2, 4, 5, 6, 130]).toContain(entry.exitCode))
})

test('wrong usage never asks to be retried', () => {
  const retried = Object.entries(errorCodes).filter(([, entry]) => entry.exitCode === 2 && entry.retryable)
  expect(retried).toEqual([])
})

test('a code is known by the table alone', () => {
  expect(isErrorCode('rate_limited')).toBe(true)
  for (const other of ['RATE_LIMITED', '', 'toString', '__proto__', null, undefined, 7])
    expect(isErrorCode(other)).toBe(false)
})
