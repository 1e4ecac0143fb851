import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCodes, type ErrorCode } from './codes.ts'
import { PerdureError } from './perdure-error.ts'
import type * as Module from './perdure-error.ts'

const codes = fc.constantFrom(...(Object.keys(errorCodes) as ErrorCode[]))

describe('an error', () => {
  test('takes retryable and hint from its code', () => {
    fc.assert(
      fc.property(codes, fc.string(), (code, message) => {
        const error = new PerdureError(code, message)
        expect(error).toMatchObject({ code, message, name: 'PerdureError', details: {} })
        expect(error.retryable).toBe(errorCodes[code].retryable)
        expect(error.hint).toBe(errorCodes[code].hint)
        expect('cause' in error).toBe(false)
      }),
    )
  })

  test('keeps a more precise hint, details and the cause', () => {
    const cause = new Error('disk full')
    const error = new PerdureError('storage_failed', 'not stored', {
      hint: 'Free some space.',
      details: { path: '/x' },
      cause,
    })
    expect(error).toMatchObject({ hint: 'Free some space.', details: { path: '/x' } })
    expect(error.cause).toBe(cause)
  })

  test('is stored without its cause and without empty details', () => {
    const error = new PerdureError('overloaded', 'busy', { cause: new Error('secret') })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'overloaded',
      message: 'busy',
      retryable: true,
      hint: errorCodes.overloaded.hint,
    })
    expect(new PerdureError('overloaded', 'busy', { details: { attempt: 3 } }).toJSON().details).toEqual({ attempt: 3 })
  })
})

describe('recognising one', () => {
  test('holds across two copies of the package', async () => {
    const copy = './perdure-error.ts?copy'
    const other = (await import(copy)) as typeof Module
    const foreign = new other.PerdureError('rate_limited', 'wait')
    expect(other.PerdureError).not.toBe(PerdureError)
    expect(foreign).not.toBeInstanceOf(PerdureError)
    expect(PerdureError.is(foreign)).toBe(true)
  })

  test.each([
    ['a plain error', new Error('x')],
    ['a look-alike', Object.assign(new Error('x'), { code: 'rate_limited', retryable: true })],
    ['a record', { code: 'rate_limited' }],
    ['a text', 'rate_limited'],
    ['nothing', undefined],
  ])('refuses %s', (_what, value) => expect(PerdureError.is(value)).toBe(false))

  test('refuses a code that this version does not know', () => {
    const error = new PerdureError('rate_limited', 'wait')
    expect(PerdureError.is(Object.assign(error, { code: 'from_the_future' }))).toBe(false)
  })
})

describe('whatever was thrown', () => {
  test('stays itself when it is one already', () => {
    const error = new PerdureError('cancelled', 'stop')
    expect(PerdureError.from(error, 'internal_error')).toBe(error)
  })

  test('becomes one, with the original as its cause', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), codes, (value, code) => {
        const error = PerdureError.from(value, code)
        expect(error.code).toBe(code)
        expect(error.cause).toBe(value)
        expect(typeof error.message).toBe('string')
      }),
    )
    expect(PerdureError.from({ toString: 1, valueOf: 1 }).message).toContain('cannot be put in words')
    expect(PerdureError.from(new Error('boom'))).toMatchObject({ code: 'internal_error', message: 'boom' })
  })
})
