import { expect, test } from 'vitest'
import { errorCodes, type ErrorCode } from './codes.ts'
import { errorClassOf } from './error-class.ts'

const codes = Object.keys(errorCodes) as ErrorCode[]

test('what a retry can help is retriable, and nothing else is', () => {
  for (const code of codes) expect(errorClassOf(code) === 'retriable').toBe(errorCodes[code].retryable)
})

test('what the command line calls wrong usage is for the user to mend', () => {
  const wrongUsage = codes.filter((code) => errorCodes[code].exitCode === 2)
  expect(wrongUsage.filter((code) => errorClassOf(code) !== 'user')).toEqual([])
})

test.each([
  ['rate_limited', 'retriable'],
  ['authentication_failed', 'user'],
  ['budget_reached', 'user'],
  ['internal_error', 'terminal'],
  ['lease_lost', 'terminal'],
  ['cancelled', 'terminal'],
  ['from_the_future', 'terminal'],
] as const)('%s is %s', (code, expected) => expect(errorClassOf(code)).toBe(expected))
