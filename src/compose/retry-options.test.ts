import { describe, expect, test } from 'vitest'
import { defaultRetryPolicies } from '../ports/retry-policy.ts'
import { retryOptionsSchema, retryPoliciesOf, type RetryOptions } from './retry-options.ts'

const complaintOf = (options: unknown): string | undefined =>
  retryOptionsSchema.safeParse(options).error?.issues[0]?.message

describe('a retry policy', () => {
  test('keeps the default of what it leaves out', () => {
    expect(retryPoliciesOf()).toEqual(defaultRetryPolicies)
    expect(retryPoliciesOf({ maxAttempts: 2, jitter: undefined }).modelRequest).toEqual({
      ...defaultRetryPolicies.modelRequest,
      maxAttempts: 2,
    })
  })

  test('given alone, it is for model requests', () => {
    const { modelRequest, agentStart } = retryPoliciesOf({ maxAttempts: 7 })
    expect(modelRequest.maxAttempts).toBe(7)
    expect(agentStart).toEqual(defaultRetryPolicies.agentStart)
  })

  test('may be given for each operation', () => {
    const policies = retryPoliciesOf({ modelRequest: { maxAttempts: 9 }, agentStart: { maxAttempts: 1 } })
    expect(policies.modelRequest.maxAttempts).toBe(9)
    expect(policies.agentStart.maxAttempts).toBe(1)
  })

  test('names errors by their codes and by the accepted names', () => {
    const retryableErrors = ['RATE_LIMIT', 'SERVER_ERROR', 'connection_failed'] as const
    const { modelRequest } = retryPoliciesOf({ retryableErrors })
    expect([...modelRequest.retryableErrors].toSorted()).toEqual([
      'connection_failed',
      'overloaded',
      'rate_limited',
      'server_error',
    ])
  })

  test.each<RetryOptions>([
    {},
    { maxAttempts: 3, backoffMultiplier: 2, retryableErrors: ['RATE_LIMIT', 'SERVER_ERROR'] },
    { modelRequest: { initialDelayMs: 0 }, agentStart: { retryableErrors: ['agent_start_failed'] } },
  ])('%j is taken', (options) => expect(complaintOf(options)).toBeUndefined())

  test.each([
    [{ maxAttempts: 0 }, /maxAttempts/],
    [{ maxAttempts: 1.5 }, /maxAttempts/],
    [{ jitter: 2 }, /jitter/],
    [{ backoffMultiplier: 0.5 }, /backoffMultiplier/],
    [{ attempts: 3 }, /attempts/],
    [{ retryableErrors: ['RATE_LIMITS'] }, /no error is called "RATE_LIMITS".*RATE_LIMIT, SERVER_ERROR/],
    [{ retryableErrors: ['authentication_failed'] }, /never tried again/],
    [{ modelRequest: { maxAttempts: -1 } }, /modelRequest: maxAttempts/],
    [{ modelRequest: {}, toolCall: {} }, /toolCall/],
    ['often', /record/],
  ])('%j is refused', (options, complaint) => expect(complaintOf(options)).toMatch(complaint))
})
