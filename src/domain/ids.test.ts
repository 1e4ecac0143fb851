import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  eventIdSchema,
  mainThreadId,
  newEventId,
  newIdBody,
  newRunId,
  newSessionId,
  newThreadId,
  runIdSchema,
  sessionIdSchema,
  threadIdSchema,
} from './ids.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** The 128 bits behind an id's 26 digits. */
function bitsOf(body: string): bigint {
  return Array.from(body).reduce((value, digit) => value * 32n + BigInt(alphabet.indexOf(digit)), 0n)
}
const millisecondsOf = (body: string): number => Number(bitsOf(body) >> 80n)

// A moment beyond every clock that the other tests use, so that the counter starts from here.
let clock = Date.now() + 1_000_000
const freshMoment = (): number => (clock += 10_000)

describe('a new id', () => {
  test.each([
    ['sesn_', newSessionId, sessionIdSchema],
    ['sevt_', newEventId, eventIdSchema],
    ['sthr_', newThreadId, threadIdSchema],
    ['run_', newRunId, runIdSchema],
  ] as const)('has the prefix %s, and only its own schema takes it', (prefix, create, schema) => {
    const id = create()
    expect(id.startsWith(prefix)).toBe(true)
    expect(schema.parse(id)).toBe(id)
    const others = [sessionIdSchema, eventIdSchema, threadIdSchema, runIdSchema].filter((other) => other !== schema)
    for (const other of others) expect(other.safeParse(id).success).toBe(false)
  })

  test('carries the bits of a UUIDv7: its moment, version 7, variant 10', () => {
    const now = freshMoment()
    const bits = bitsOf(newIdBody(now))
    expect(bits).toBeLessThan(2n ** 128n)
    expect(Number(bits >> 80n)).toBe(now)
    expect((bits >> 76n) & 0xfn).toBe(7n)
    expect((bits >> 62n) & 0b11n).toBe(0b10n)
  })

  test('starts its counter in the lower half, so that a millisecond holds at least 2,048 ids', () => {
    for (let round = 0; round < 50; round++) {
      const counter = (bitsOf(newIdBody(freshMoment())) >> 64n) & 0xfffn
      expect(counter).toBeLessThan(2_048n)
    }
  })

  test('sorts after every earlier one, whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(steps, (jumps) => {
        let now = freshMoment()
        const bodies = jumps.map((jump) => newIdBody((now += jump)))
        expect(bodies).toEqual(bodies.toSorted())
        expect(new Set(bodies).size).toBe(bodies.length)
      }),
    )
  })

  test('stays unique and in order when one millisecond runs out of numbers', () => {
    const now = freshMoment()
    const bodies = Array.from({ length: 10_000 }, () => newIdBody(now))
    expect(new Set(bodies).size).toBe(10_000)
    expect(bodies).toEqual(bodies.toSorted())
    expect(millisecondsOf(bodies.at(-1)!)).toBeLessThanOrEqual(now + 5)
  })
})

test('the main thread has the id of its session under its own prefix', () => {
  const sessionId = newSessionId()
  const threadId = mainThreadId(sessionId)
  expect(threadIdSchema.parse(threadId)).toBe(threadId)
  expect(threadId.slice('sthr_'.length)).toBe(sessionId.slice('sesn_'.length))
})

describe('an id from outside', () => {
  const valid = newSessionId()
  test.each([
    ['another prefix', valid.replace('sesn_', 'sess_')],
    ['no prefix', valid.slice(5)],
    ['a digit too few', valid.slice(0, -1)],
    ['a digit too many', `${valid}0`],
    ['capitals', valid.toUpperCase()],
    ['a letter outside the alphabet', `${valid.slice(0, -1)}u`],
    ['more than 128 bits', `sesn_8${valid.slice(6)}`],
    ['a line after it', `${valid}\n`],
    ['nothing', ''],
  ])('is refused with %s', (_what, id) => expect(sessionIdSchema.safeParse(id).success).toBe(false))

  test('is told what was expected', () => {
    expect(runIdSchema.safeParse('turn_1').error?.issues[0]?.message).toBe('not an id of the form run_…')
  })
})
