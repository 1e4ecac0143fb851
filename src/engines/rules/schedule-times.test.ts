import { describe, expect, it } from 'vitest'
import { lastDueTime, nextTime, scheduledRunId } from './schedule-times.ts'

const at = (time: string): Date => new Date(`${time}Z`)

describe('times of a schedule', () => {
  it('are in UTC, and after the one that was asked about', () => {
    expect(nextTime('0 9 * * MON', at('2030-01-01T00:00'))).toEqual(at('2030-01-07T09:00'))
    expect(nextTime('0 9 * * MON', at('2030-01-07T09:00'))).toEqual(at('2030-01-14T09:00'))
    expect(nextTime('*/2 * * * * *', at('2030-01-01T00:00:01'))).toEqual(at('2030-01-01T00:00:02'))
  })

  it('end where an expression names no time any more', () => {
    expect(nextTime('0 0 0 30 2 *', at('2030-01-01T00:00'))).toBeNull()
  })

  it('refuse what is no cron expression', () => {
    expect(() => nextTime('each morning', new Date())).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it('make up for the last of those that were missed', () => {
    const due = at('2030-01-01T03:00')
    expect(lastDueTime('0 3 * * *', { due, now: at('2030-01-04T12:00') })).toEqual(at('2030-01-04T03:00'))
    expect(lastDueTime('0 3 * * *', { due, now: due })).toEqual(due)
  })

  it('are found among millions that were missed', () => {
    const due = at('2029-01-01T03:00:00')
    const now = new Date(at('2030-01-04T12:00:01').getTime() + 999)
    expect(lastDueTime('* * * * * *', { due, now })).toEqual(at('2030-01-04T12:00:01'))
    expect(lastDueTime('0-9 0 3 1 1 *', { due, now })).toEqual(at('2030-01-01T03:00:09'))
    expect(lastDueTime('0 0 3 29 2 *', { due, now })).toEqual(due)
  })

  it('name their run', () => {
    expect(scheduledRunId({ tenant: 'a/b', name: 'tidy' }, at('2030-01-01T03:00'))).toBe(
      'a/b/tidy@2030-01-01T03:00:00.000Z',
    )
  })
})
